"""`detected_labels`, `detected_fields` and the values of a field."""

from __future__ import annotations

import json

import pytest

from tests.support.loki import NOW, SECOND

START = NOW - 600 * SECOND
UUIDS = [f"00000000-0000-4000-8000-{i:012d}" for i in range(3)]


@pytest.fixture(scope="module", autouse=True)
def lines(loki):
    for i, uid in enumerate(UUIDS):
        loki.push(
            {"app": "cart", "request": uid, "shard": str(10 + i), "pod": str(i), "flag": str(i % 2)},
            [
                (
                    START + i * SECOND,
                    f'count={i} ratio={i}.5 took={i}ms size={i}kB ok=true who="n {i}" app=x',
                    {"trace": f"t{i}"},
                )
            ],
        )
    documents = [
        {
            "n": i,
            "user": {"id": i, "full name": f"n{i}"},
            "tags": [1],
            "none": None,
            "mix": "5ms" if i else "x",
        }
        for i in range(3)
    ]
    loki.push({"app": "json"}, [(START + i * SECOND, json.dumps(one)) for i, one in enumerate(documents)])
    loki.push({"app": "text"}, [(START, "just some words, nothing else")])


def fields(loki, query, **asked) -> dict[str, tuple]:
    answer = loki.get("detected_fields", query=query, **asked)
    assert [field["label"] for field in answer["fields"]] == sorted(f["label"] for f in answer["fields"])
    return {f["label"]: (f["type"], f["cardinality"], f["parsers"], f["jsonPath"]) for f in answer["fields"]}


def test_labels_without_mere_ids(loki):
    found = loki.get("detected_labels", query='{app="cart"}')["detectedLabels"]
    assert {one["label"]: one["cardinality"] for one in found} == {
        "app": 1,
        "flag": 2,  # 0 and 1 are no ids
        "pod": 3,  # offered even where its values are ids
        "service_name": 1,
    }


def test_labels_of_everything(loki):
    found = loki.get("detected_labels")["detectedLabels"]
    assert {one["label"]: one["cardinality"] for one in found}["app"] == 3


def test_fields_of_logfmt_and_metadata(loki):
    assert fields(loki, '{app="cart"}') == {
        "app_extracted": ("string", 1, ["logfmt"], None),
        "count": ("int", 3, ["logfmt"], None),
        "detected_level": ("string", 1, None, None),
        "ok": ("boolean", 1, ["logfmt"], None),
        "ratio": ("float", 3, ["logfmt"], None),
        "size": ("bytes", 3, ["logfmt"], None),
        "took": ("duration", 3, ["logfmt"], None),
        "trace": ("string", 3, None, None),
        "who": ("string", 3, ["logfmt"], None),
    }


def test_fields_of_json_have_their_path(loki):
    assert fields(loki, '{app="json"}') == {
        "detected_level": ("string", 1, None, None),
        "mix": ("string", 2, ["json"], ["mix"]),
        "n": ("int", 3, ["json"], ["n"]),
        "user_full_name": ("string", 3, ["json"], ["user", "full name"]),
        "user_id": ("int", 3, ["json"], ["user", "id"]),
    }


def test_plain_text_has_no_fields(loki):
    assert fields(loki, '{app="text"}') == {"detected_level": ("string", 1, None, None)}


def test_what_the_query_parses_counts_too(loki):
    found = fields(loki, '{app="text"} | pattern "just <what>, nothing <rest>"')
    assert found["what"] == ("string", 1, None, None)


def test_the_pipeline_filters_the_sample(loki):
    assert fields(loki, '{app="json"} | json | n > 0')["n"] == ("int", 2, ["json"], ["n"])


def test_the_sample_is_the_newest_lines(loki):
    assert loki.get("detected_field/n/values", query='{app="json"}', line_limit=1)["values"] == ["2"]


@pytest.mark.parametrize(
    ("query", "name", "wanted"),
    [
        ('{app="json"}', "user_id", ["0", "1", "2"]),
        ('{app="cart"}', "trace", ["t0", "t1", "t2"]),
        ('{app="cart"}', "who", ["n 0", "n 1", "n 2"]),
        ('{app="cart"}', "app", []),
        ('{app="cart"}', "nothing", []),
    ],
)
def test_values(loki, query, name, wanted):
    assert loki.get(f"detected_field/{name}/values", query=query) == {"values": wanted, "limit": 1000}
    assert loki.post(f"detected_field/{name}/values", query=query)["values"] == wanted


def test_limit_keeps_the_most_frequent(loki):
    answer = loki.get("detected_fields", query='{app=~"cart|json"}', limit=1)
    assert (answer["limit"], [field["label"] for field in answer["fields"]]) == (1, ["detected_level"])


@pytest.mark.parametrize(
    ("asked", "status", "named"),
    [
        ({}, 400, "query"),
        ({"query": 'rate({app="cart"}[1m])'}, 400, "metric query"),
        ({"query": '{app="cart"}', "line_limit": "5001"}, 422, "5001"),
    ],
)
def test_refusals(loki, asked, status, named):
    got, body = loki.refused("detected_fields", **asked)
    assert got == status
    assert named in body["error"]
