"""100,000 streams and 1,000,000 distinct attribute values: every route's question is answered within the
memory that a query may take. The tables are filled in the engine.
"""

from __future__ import annotations

import itertools

import pytest

from prologue.logql.parser import parse_matchers
from prologue.query.detected import Detector
from prologue.query.lookups import Lookups
from prologue.query.lower.scan import Scan
from prologue.query.patterns import Patterns
from prologue.query.request import Limits, Request
from prologue.query.run import QueryEngine
from prologue.query.streams import Scope
from prologue.query.volume import VolumeRequest, Volumes
from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate
from prologue.store.reader import Reader

STREAMS, LINES = 100_000, 1_000_000
SECOND = 1_000_000_000
START = 1_795_392_000 * SECOND  # a UTC midnight
END = START + 3600 * SECOND
MEMORY = 512 << 20
_numbers = itertools.count(1)

_STREAMS = """
INSERT INTO streams (tenant, day, stream, labels)
SELECT 'wide', toDate({day:UInt32}), number,
    map('app', concat('app-', toString(number % 50)), 'pod', concat('pod-', toString(number)),
        'service_name', concat('app-', toString(number % 50)))
FROM numbers({streams:UInt64})"""
_LINES = """
INSERT INTO logs (tenant, timestamp, observed, stream, batch, level, severity_number, severity_text, body,
    trace_id, span_id, attributes, retention)
SELECT 'wide', fromUnixTimestamp64Nano({start:Int64} + toInt64(number * 3600 * 1000), 'UTC') AS at, at,
    number % {streams:UInt64}, 1, 'info', 9, 'INFO',
    concat('request ', toString(number), ' took=', toString(number % 1000), 'ms'), '', '',
    map('user', concat('user-', toString(number))), 'default'
FROM numbers({lines:UInt64})"""


@pytest.fixture(scope="module")
def asking(engine_path, keep_engine):
    """A query engine over a wide table, with little memory for each query."""
    database = f"wide_{next(_numbers)}"
    keep_engine.command(f"CREATE DATABASE {database}")
    engine = EmbeddedEngine(engine_path, database=database)
    migrate(engine)
    engine.command(_STREAMS, {"day": START // SECOND // 86_400, "streams": STREAMS})
    engine.command(_LINES, {"start": START, "streams": STREAMS, "lines": LINES})
    reader = Reader(lambda: EmbeddedEngine(engine_path, database=database), size=1)
    yield QueryEngine(reader, Limits(memory_bytes=MEMORY, timeout_seconds=60))
    reader.close()
    engine.close()
    keep_engine.command(f"DROP DATABASE {database} SYNC")


def scan(selector: str = "") -> Scan:
    matchers = parse_matchers(selector, allow_empty=True) if selector else ()
    return Scan("wide", matchers, START, END)


def asked(**settings) -> Request:
    return Request("wide", START, END, **settings)


def test_stats(asking):
    assert Volumes(asking).stats(scan())["streams"] == STREAMS
    assert Volumes(asking).stats(scan('{app="app-7"}'))["entries"] == LINES / 50


def test_volume_by_a_label_with_a_value_for_each_stream(asking):
    groups = Volumes(asking).volume(VolumeRequest(scan(), targets=("pod",)))
    assert len(groups) == 100
    assert len(Volumes(asking).volume(VolumeRequest(scan(), targets=("app",)))) == 50


def test_volume_over_time(asking):
    groups = Volumes(asking).volume(VolumeRequest(scan(), targets=("app",), step=60 * SECOND))
    assert len(groups) == 50
    assert {len(group.points) for group in groups} == {60}


def test_labels(asking):
    assert dict(Detector(asking).labels(scan())) == {"app": 50, "pod": STREAMS, "service_name": 50}


def test_fields_and_their_values(asking):
    fields = {f.label: f for f in Detector(asking).fields('{app=~".+"}', asked(limit=5000), 100)}
    assert fields["user"].cardinality == 5000
    assert (fields["took"].type, fields["took"].parsers) == ("duration", ("logfmt",))
    values = Detector(asking).values('{app=~".+"}', asked(limit=5000), "user", 10)
    assert len(values) == 10


def test_patterns_of_a_sample_are_scaled(asking):
    (pattern,) = Patterns(asking).patterns(scan(), 3600 * SECOND)
    assert pattern.text == "request <_> took=<_>"
    assert sum(count for _, count in pattern.samples) == pytest.approx(LINES, rel=0.02)


def test_lookups(asking):
    lookups = Lookups(asking)
    scope = Scope("wide", START, END)
    assert lookups.label_names(scope) == ["app", "pod", "service_name"]
    assert len(lookups.label_values(scope, "pod")) == STREAMS
    assert len(lookups.series(scope, ['{app="app-7"}'])) == STREAMS / 50


@pytest.mark.parametrize(
    ("query", "entries"),
    [
        ('{app="app-7"} | user="user-500007"', 1),
        ('{pod="pod-99999"}', 10),
        ('{app=~".+"} |= "request 123456 "', 1),
    ],
)
def test_log_queries(asking, query, entries):
    assert asking.query(query, asked(limit=100)).entries == entries


@pytest.mark.parametrize(
    "query",
    [
        'sum(count_over_time({app=~".+"}[1h]))',
        'sum by (app) (count_over_time({app=~".+"}[1h]))',
        'topk(5, sum by (user) (count_over_time({app=~".+"}[1h])))',
    ],
)
def test_metric_queries(asking, query):
    answer = asking.query(query, Request("wide", END, END))
    assert 0 < answer.entries <= 50
