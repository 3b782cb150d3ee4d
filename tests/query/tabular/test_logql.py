"""A table holds what Loki's route answers for the same query, row for row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prologue.query.request import Direction, Request
from prologue.query.run import QueryEngine
from prologue.query.tabular.answers import LogqlTables
from tests.query.loading import ORIGIN, SECOND

LOG_QUERIES = [
    '{app="cart"}',
    '{env="prod"} |= "request 1"',
    '{app=~".+"} | logfmt | took > 3',
    '{app="pay"} | logfmt | line_format "{{.msg}}" | label_format x="{{.took}}"',
    '{app="odd"}',
    '{app="cart"} | logfmt | drop took | keep status, msg',
    '{app="cart"} | json',
    '{app="nobody"}',
]
METRIC_QUERIES = [
    'count_over_time({env="prod"}[10s])',
    'sum by (app) (rate({env="prod"}[10s]))',
    'sum(count_over_time({env="prod"}[10s])) / 0',
    'topk(1, sum by (app) (count_over_time({env="prod"}[15s])))',
    'quantile_over_time(0.5, {env="prod"} | logfmt | unwrap took [20s]) by (app)',
    'absent_over_time({app="nobody"}[5s])',
    "vector(1.5)",
    "2 * 21",
]


def request(**changes: Any) -> Request:
    asked: dict[str, Any] = {"start": ORIGIN, "end": ORIGIN + 120 * SECOND, "step": 10 * SECOND, "limit": 25}
    return Request("default", **{**asked, **changes})


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("query", LOG_QUERIES)
def test_lines(queries: QueryEngine, query: str, direction: Direction):
    asked = request(direction=direction, categorize=True)
    table = LogqlTables(queries).arrow(query, asked)
    rows = table.to_pylist(maps_as_pydicts="strict")
    shown = [
        (row["timestamp"].value, row["line"], row["labels"], row["structured_metadata"], row["parsed"])
        for row in rows
    ]
    expected = [
        (int(ns), line, stream["stream"], rest.get("structuredMetadata", {}), rest.get("parsed", {}))
        for stream in queries.query(query, asked).decoded()
        for ns, line, rest in stream["values"]
    ]
    assert sorted(map(repr, shown)) == sorted(map(repr, expected))
    times = [row[0] for row in shown]
    assert times == sorted(times, reverse=direction is Direction.BACKWARD)
    if "keep" in query:
        assert {row["level"] for row in rows} <= {"info", "error"}, "a column says what is stored"
        return
    for row in rows:
        assert row["level"] == row["structured_metadata"]["detected_level"]
        assert row["trace_id"] == row["structured_metadata"].get("trace_id", "")


@pytest.mark.parametrize("query", METRIC_QUERIES)
def test_samples(queries: QueryEngine, query: str):
    asked = request()
    rows = LogqlTables(queries).arrow(query, asked).to_pylist(maps_as_pydicts="strict")
    shown = [(row["labels"], row["timestamp"].value / SECOND, str(row["value"])) for row in rows]
    expected = [
        (series["metric"], float(seconds), str(float(value)))
        for series in queries.query(query, asked).decoded()
        for seconds, value in series["values"]
    ]
    assert sorted(map(repr, shown)) == sorted(map(repr, expected))


@pytest.mark.parametrize("query", METRIC_QUERIES[:-1])
def test_an_instant(queries: QueryEngine, query: str):
    at = ORIGIN + 50 * SECOND
    asked = request(start=at, end=at, step=0)
    rows = LogqlTables(queries).arrow(query, asked).to_pylist(maps_as_pydicts="strict")
    expected = [(one["metric"], float(one["value"][1])) for one in queries.query(query, asked).decoded()]
    assert sorted(repr((row["labels"], row["value"])) for row in rows) == sorted(map(repr, expected))
    assert {row["timestamp"].value for row in rows} <= {at}


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ('sort(sum by (status) (count_over_time({env="prod"} | logfmt [33s])))', sorted),
        (
            'topk(2, sum by (status) (count_over_time({env="prod"} | logfmt [31s])))',
            lambda v: sorted(v)[::-1],
        ),
    ],
)
def test_an_instant_is_in_the_order_it_asks_for(queries: QueryEngine, query: str, values: Any):
    asked = request(start=ORIGIN + 50 * SECOND, end=ORIGIN + 50 * SECOND, step=0)
    found = LogqlTables(queries).arrow(query, asked)["value"].to_pylist()
    assert len(found) >= 2
    assert found == values(found)


def test_json_holds_the_same(queries: QueryEngine):
    for query in (*LOG_QUERIES, *METRIC_QUERIES):
        rows = LogqlTables(queries).json(query, request())
        body = json.loads(b"".join(rows.body(0)))
        assert (
            len(body["data"]["rows"]) == rows.count == LogqlTables(queries).arrow(query, request()).num_rows
        )
