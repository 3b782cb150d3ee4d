"""`patterns`: shapes of lines with their counts, usable as filters."""

from __future__ import annotations

import json

import pytest

from tests.support.loki import NOW, SECOND

START = NOW - 600 * SECOND
NAMES = ("ann", "bob", "eve")


@pytest.fixture(scope="module", autouse=True)
def lines(loki):
    requests = [
        (START + i * 5 * SECOND, f"caller=grpc_logging.go:66 method=/Push duration={i}ms user={NAMES[i % 3]}")
        for i in range(12)
    ]
    loki.push({"app": "cart"}, requests)
    loki.push({"app": "cart"}, [(START + 30 * SECOND, "connection to <db> (10.0.0.7:5432) refused")])
    loki.push({"app": "other"}, [(START, "of another stream")])


def test_counts_by_step(loki):
    answer = loki.get("patterns", query='{app="cart"}', step="30s", start=START)
    at = START // SECOND
    assert answer == {
        "status": "success",
        "data": [
            {
                "pattern": "caller=grpc_logging.go:<_> method=/Push duration=<_> user=<_>",
                "samples": [[at, 6], [at + 30, 6]],
            },
            {"pattern": "connection to <_> (<_>) refused", "samples": [[at + 30, 1]]},
        ],
    }
    assert loki.post("patterns", query='{app="cart"}', step="30s", start=START) == answer


def test_a_pattern_finds_its_lines(loki):
    for one in loki.get("patterns", query='{app="cart"}')["data"]:
        query = f'sum(count_over_time({{app="cart"}} |> {json.dumps(one["pattern"])} [1h]))'
        (series,) = loki.get("query", query=query, time=NOW)["data"]["result"]
        assert int(series["value"][1]) == sum(count for _, count in one["samples"])


def test_nothing_matches(loki):
    assert loki.get("patterns", query='{app="none"}') == {"status": "success", "data": []}


@pytest.mark.parametrize(
    ("asked", "status", "named"),
    [
        ({}, 400, "query"),
        ({"query": '{app="cart"} |= "x"'}, 400, "selector"),
        ({"query": '{app="cart"}', "start": 0, "step": "1s"}, 422, "11000"),
    ],
)
def test_refusals(loki, asked, status, named):
    got, body = loki.refused("patterns", **asked)
    assert got == status
    assert named in body["error"]
