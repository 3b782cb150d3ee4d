"""The engine against the oracle: random lines, random queries, the same answers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from prologue.logql.log_nodes import LogQuery
from prologue.logql.parser import parse_query
from prologue.model.errors import QueryError
from prologue.query.request import Derived, Request
from prologue.query.run import QueryEngine
from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate
from prologue.store.reader import Reader
from tests.query.loading import ORIGIN, Record, load
from tests.query.oracle import Labels, PipelineError, Vector, evaluate, log_query

MS = 1_000_000
_tenants = itertools.count(1)

keys = st.sampled_from(["n", "user", "pod", "k_x"])
values = st.sampled_from(["1", "2", "-3.5", "7e2", "alice", "bob", "x"])
pairs = st.dictionaries(keys, values, max_size=3)
lines = st.one_of(
    pairs.map(lambda p: " ".join(f"{k}={v}" for k, v in p.items()) or "empty"),
    pairs.map(lambda p: "{" + ", ".join(f'"{k}": "{v}"' for k, v in p.items()) + "}"),
    st.sampled_from(["plain error", "{broken", "GET /x"]),
)
streams = st.sampled_from([{"app": "a", "pod": "p1"}, {"app": "a", "pod": "p2"}, {"app": "b"}])
records = st.builds(
    Record,
    st.integers(0, 40).map(lambda tick: tick * 2500 * MS),
    streams,
    lines,
    st.dictionaries(st.sampled_from(["user", "trace"]), st.sampled_from(["m", "2"]), max_size=1),
)

FILTERS = [
    *('|= "a"', '!= "n=" or "GET"', '|~ "n=[0-9]"', '!~ "^{"', '| pod="p1"', '| user=~"a.*|m"', "| n > 1"),
    *('| n <= 2 or user="bob"', '| n != 1 and pod!=""', '| __error__=""', '| __error__=~".*"', "| k_x >= -5"),
]
filters = st.sampled_from(FILTERS)
parsers = st.sampled_from(["", "", "| json", "| logfmt", "| json | logfmt"])
changes = st.sampled_from(
    ["", "", "| drop user", "| keep app, n, user", "| label_format who=user", '| drop pod="p1"']
)
selectors = st.sampled_from(['{app="a"}', '{app=~"a|b"}', '{app=~".+", pod!="p1"}', '{app="b"}'])


@st.composite
def pipelines(draw: st.DrawFn) -> str:
    parts = [
        draw(selectors),
        draw(st.just("") | filters),
        draw(parsers),
        draw(st.just("") | filters),
        draw(changes),
    ]
    return " ".join(part for part in parts if part)


windows = st.sampled_from(["5s", "10s", "12500ms", "30s", "1m"])
offsets = st.sampled_from(["", "", " offset 10s", " offset -7s"])
counting = st.sampled_from(["count_over_time", "rate", "bytes_over_time", "bytes_rate"])
measuring = st.sampled_from(["sum", "avg", "min", "max", "stddev", "stdvar"])
groupings = st.sampled_from(["", " by (app)", " by (pod, user)", " without (user, trace)", " by ()"])


@st.composite
def ranges(draw: st.DrawFn) -> str:
    window = f"[{draw(windows)}]{draw(offsets)}"
    if draw(st.booleans()):
        return f"{draw(counting)}({draw(pipelines())} {window})"
    keep = draw(st.sampled_from(["", '| __error__=""', '| __error__=""']))
    inner = f"{draw(selectors)} | logfmt | unwrap n {keep} {window}"
    if draw(st.booleans()):
        phi = draw(st.sampled_from(["0", "0.5", "0.9", "1", "2"]))
        return f"quantile_over_time({phi}, {inner}){draw(groupings)}"
    op = draw(measuring)
    return f"{op}_over_time({inner})" + ("" if op == "sum" else draw(groupings))


def _more(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    ops = st.sampled_from(["sum", "avg", "min", "max", "count", "stddev"])
    aggregations = st.builds(lambda op, g, c: f"{op}{g} ({c})", ops, groupings, children)
    numbers = st.builds(
        lambda c, op, n: f"({c}) {op} {n}",
        children,
        st.sampled_from(["+", "-", "*", "/", ">", "<= bool", "!="]),
        st.sampled_from(["0", "1", "2.5"]),
    )
    vectors = st.builds(
        lambda a, op, b: f"({a}) {op} ({b})",
        children,
        st.sampled_from(["+", "/", "and", "or", "unless", ">"]),
        children,
    )
    return aggregations | numbers | vectors


metrics = st.recursive(ranges(), _more, max_leaves=3)
steps = st.sampled_from([5000, 10_000, 7500, 60_000]).map(lambda ms: ms * MS)


@pytest.fixture(scope="module")
def prologue(engine_path: Path, keep_engine: EmbeddedEngine) -> Iterator[tuple[EmbeddedEngine, QueryEngine]]:
    """One database; every example is a tenant of its own."""
    keep_engine.command("CREATE DATABASE oracle")
    engine = EmbeddedEngine(engine_path, database="oracle")
    migrate(engine)
    reader = Reader(lambda: EmbeddedEngine(engine_path, database="oracle"), size=1)
    yield engine, QueryEngine(reader)
    reader.close()
    engine.close()
    keep_engine.command("DROP DATABASE oracle SYNC")


EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@EXAMPLES
@given(st.lists(records, min_size=1, max_size=12), pipelines(), st.integers(0, 50), st.integers(0, 120))
def test_log_queries(
    prologue: tuple[EmbeddedEngine, QueryEngine], data: list[Record], text: str, start: int, length: int
) -> None:
    engine, queries = prologue
    query = parse_query(text)
    assert isinstance(query, LogQuery)
    begin, end = start * 1000 * MS, (start + length) * 1000 * MS
    expected = sorted(
        (line.at, line.text, line.error, _plain(line.labels())) for line in log_query(query, data, begin, end)
    )
    tenant = _store(engine, data)
    request = Request(tenant, ORIGIN + begin, ORIGIN + end, limit=1000, derived=Derived(detected_level=False))
    found = sorted(
        (
            int(ns) - ORIGIN,
            line,
            "__error__" in stream["stream"],
            _plain(tuple(sorted(stream["stream"].items()))),
        )
        for stream in queries.query(text, request).decoded()
        for ns, line in stream["values"]
    )
    assert found == expected


@EXAMPLES
@given(
    st.lists(records, min_size=1, max_size=12),
    metrics,
    st.integers(-10_000, 60_000),
    steps,
    st.integers(0, 6),
)
def test_metric_queries(
    prologue: tuple[EmbeddedEngine, QueryEngine],
    data: list[Record],
    text: str,
    start: int,
    step: int,
    more: int,
) -> None:
    engine, queries = prologue
    node = parse_query(text)
    assert not isinstance(node, LogQuery)
    begin = start * MS
    instants = [begin + k * step for k in range(more + 1)]
    tenant = _store(engine, data)
    request = Request(
        tenant, ORIGIN + begin, ORIGIN + instants[-1], step, derived=Derived(detected_level=False)
    )
    try:
        expected = [evaluate(node, data, at) for at in instants]
    except PipelineError:
        with pytest.raises(QueryError) as caught:
            queries.query(text, request)
        assert caught.value.code == "pipeline_error"
        return
    _same(_vectors(queries.query(text, request).decoded(), instants), expected)


def _store(engine: EmbeddedEngine, data: list[Record]) -> str:
    tenant = f"tenant-{next(_tenants)}"
    load(engine, [Record(r.at, r.labels, r.line, r.metadata, tenant) for r in data])
    return tenant


def _plain(labels: Labels) -> Labels:
    return tuple((name, value) for name, value in labels if not name.startswith("__error"))


def _vectors(result: Any, instants: list[int]) -> list[Vector]:
    found: list[Vector] = [{} for _ in instants]
    places = {at // MS: index for index, at in enumerate(instants)}
    for series in result:
        labels = tuple(sorted(series["metric"].items()))
        for at, value in series["values"]:
            found[places[round(at * 1000) - ORIGIN // MS]][labels] = float(value)
    return found


def _same(found: list[Vector], expected: list[Vector | float]) -> None:
    for one, other in zip(found, expected, strict=True):
        vector = other if isinstance(other, dict) else {(): other}
        # An errored line that a filter kept carries labels whose wording is the engine's business.
        assume(not any(name.startswith("__error") for labels in one for name, _ in labels))
        assert one.keys() == vector.keys()
        for labels, value in vector.items():
            close = math.isclose(one[labels], value, rel_tol=1e-9, abs_tol=1e-9)
            assert close or (math.isnan(value) and math.isnan(one[labels])), (labels, one[labels], value)
