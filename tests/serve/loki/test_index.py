"""`index/stats`, `index/volume` and `index/volume_range`, with the streams of Loki's own documentation."""

from __future__ import annotations

import pytest

from tests.support.loki import NOW, SECOND

START = NOW - 600 * SECOND
STREAMS = [
    {"job": "foo", "env": "prod", "team": "alpha"},
    {"job": "bar", "env": "prod", "team": "beta"},
    {"job": "foo", "env": "dev", "team": "alpha"},
    {"job": "bar", "env": "dev"},
]


@pytest.fixture(scope="module", autouse=True)
def lines(loki):
    """Stream number n, from 1, has n lines of 10 bytes, a minute apart."""
    for number, labels in enumerate(STREAMS, start=1):
        loki.push(labels, [(START + i * 60 * SECOND, "0123456789") for i in range(number)])


def volumes(loki, path="index/volume", **asked) -> dict[tuple[tuple[str, str], ...], object]:
    data = loki.get(path, **asked)["data"]
    values = "value" if data["resultType"] == "vector" else "values"
    return {tuple(sorted(series["metric"].items())): series[values] for series in data["result"]}


def sizes(loki, **asked) -> dict[tuple[tuple[str, str], ...], str]:
    return {metric: value[1] for metric, value in volumes(loki, **asked).items()}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", {"streams": 4, "entries": 10, "bytes": 100}),
        ("{}", {"streams": 4, "entries": 10, "bytes": 100}),
        ('{job="foo"}', {"streams": 2, "entries": 4, "bytes": 40}),
        ('{job="none"}', {"streams": 0, "entries": 0, "bytes": 0}),
    ],
)
def test_stats(loki, query, wanted):
    found = loki.get("index/stats", query=query)
    assert found.pop("chunks") >= min(1, wanted["entries"])
    assert found == wanted
    assert loki.post("index/stats", query=query)["bytes"] == wanted["bytes"]


def test_stats_count_the_range_exactly(loki):
    found = loki.get("index/stats", query='{job="bar"}', start=START + 60 * SECOND, end=START + 120 * SECOND)
    assert (found["streams"], found["entries"]) == (2, 2)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        pytest.param(
            {"query": '{job="foo", env=~".+"}'},
            {(("env", "dev"), ("job", "foo")): "30", (("env", "prod"), ("job", "foo")): "10"},
            id="by the labels of the selector",
        ),
        pytest.param(
            {"query": '{team="alpha", env!="dev"}', "targetLabels": "team,job"},
            {(("job", "foo"), ("team", "alpha")): "10"},
            id="by target labels",
        ),
        pytest.param(
            {"query": "{}", "targetLabels": "team"},
            {(("team", "alpha"),): "40", (("team", "beta"),): "20"},
            id="streams without a target label do not count",
        ),
        pytest.param(
            {"query": '{env="prod"}', "aggregateBy": "labels", "targetLabels": "job,team"},
            {(("job", ""),): "30", (("team", ""),): "30"},
            id="by name of label",
        ),
        pytest.param(
            {"query": '{job="bar"}', "aggregateBy": "labels"},
            {
                (("env", ""),): "60",
                (("job", ""),): "60",
                (("service_name", ""),): "60",
                (("team", ""),): "20",
            },
            id="by every name of label",
        ),
        pytest.param({"query": '{job="none"}'}, {}, id="nothing"),
    ],
)
def test_volume(loki, asked, wanted):
    assert sizes(loki, **asked) == wanted


def test_the_largest_come_first_and_limit_cuts_the_rest(loki):
    data = loki.get("index/volume", query='{job=~".+", env=~".+"}', limit=2)["data"]
    assert [series["value"][1] for series in data["result"]] == ["40", "30"]


def test_a_volume_stands_at_the_end_of_its_range(loki):
    end = START + 120 * SECOND
    assert volumes(loki, query='{env="dev"}', start=START, end=end) == {
        (("env", "dev"),): [end // SECOND, "40"]
    }


def test_volume_range_counts_each_step_and_stands_at_its_end(loki):
    found = volumes(
        loki,
        "index/volume_range",
        query='{env="dev"}',
        start=START,
        end=START + 210 * SECOND,
        step="2m",
    )
    at = START // SECOND
    assert found == {(("env", "dev"),): [[at + 120, "40"], [at + 210, "30"]]}


@pytest.mark.parametrize(
    ("asked", "status", "named"),
    [
        ({"query": '{job="foo"} |= "x"'}, 400, "selector"),
        ({"query": "{job="}, 400, "expected"),
        ({"query": "{}", "aggregateBy": "stream"}, 400, "aggregateBy"),
        ({"query": "{}", "limit": "-1"}, 400, "limit"),
    ],
)
def test_refusals(loki, asked, status, named):
    got, body = loki.refused("index/volume", **asked)
    assert got == status
    assert named in body["error"]


def test_too_many_points_are_refused(loki):
    status, body = loki.refused("index/volume_range", query="{}", start=0, step="1s")
    assert status == 422
    assert "11000" in body["error"]
