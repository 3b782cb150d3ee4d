"""`labels`, `label/{name}/values` and `series`."""

from __future__ import annotations

import pytest

from tests.support.loki import NOW, SECOND

DAY = 86_400 * SECOND
START = NOW - 60 * SECOND


@pytest.fixture(scope="module", autouse=True)
def lines(loki):
    loki.push({"app": "cart", "env": "prod"}, [(START, "a")])
    loki.push({"app": "pay", "env": "dev", "zone": "eu"}, [(START, "b")])
    loki.push({"app": "old"}, [(START - 5 * DAY, "c")])


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("path", "asked", "wanted"),
    [
        ("labels", {}, ["app", "env", "service_name", "zone"]),
        ("label", {"query": '{app="cart"}'}, ["app", "env", "service_name"]),
        ("labels", {"start": START - 6 * DAY, "end": START - 4 * DAY}, ["app", "service_name"]),
        ("label/app/values", {}, ["cart", "pay"]),
        ("label/app/values", {"query": '{env=~"d.+"}'}, ["pay"]),
        ("label/app/values", {"since": "144h"}, ["cart", "old", "pay"]),
        ("label/nothing/values", {}, []),
    ],
)
def test_lists(loki, method, path, asked, wanted):
    assert getattr(loki, method)(path, **asked) == {"status": "success", "data": wanted}


@pytest.mark.parametrize(
    ("asked", "apps"),
    [
        ({"match[]": ['{app="cart"}', '{zone="eu"}']}, ["cart", "pay"]),
        ({"match[]": '{zone="eu"}'}, ["pay"]),
        ({"match": '{app=~".+"}', "since": "144h"}, ["cart", "old", "pay"]),
        ({"match[]": '{app="none"}'}, []),
        ({"match[]": "{}"}, ["cart", "pay"]),
        ({}, ["cart", "pay"]),
    ],
)
def test_series(loki, asked, apps):
    for found in (loki.get("series", **asked), loki.post("series", **asked)):
        assert [stream["app"] for stream in found["data"]] == apps


def test_a_series_has_all_its_labels(loki):
    assert loki.get("series", **{"match[]": '{app="pay"}'})["data"] == [
        {"app": "pay", "env": "dev", "service_name": "pay", "zone": "eu"}
    ]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("labels", {"query": '{app="cart"} |= "x"'}),
        ("label/app/values", {"query": "{app="}),
        ("series", {"match[]": 'rate({app="a"}[1m])'}),
    ],
)
def test_more_than_a_selector_is_refused(loki, path, asked):
    status, body = loki.refused(path, **asked)
    assert status == 400
    assert body["cure"]
