"""Arrow records: their severity, their times, and label sets from several payloads."""

from __future__ import annotations

import pyarrow as pa
import pytest

from prologue.model.payload import Payload, PayloadFormat
from prologue.model.record import RECORD_SCHEMA
from prologue.parse.columns import ParseOptions

NOW = 1_795_800_000_000_000_000


def records(*rows: dict, tenant: str = "default") -> Payload:
    defaults = {
        "timestamp": NOW, "observed": NOW, "stream": '{"app":"x"}', "severity_number": 0, "severity_text": "",
        "body": b"line", "trace_id": "", "span_id": "", "attributes": [],
    }  # fmt: skip
    table = pa.Table.from_pylist([{**defaults, **row} for row in rows], schema=RECORD_SCHEMA)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return Payload(tenant, PayloadFormat.RECORDS, sink.getvalue().to_pybytes(), NOW)


@pytest.mark.parametrize(
    ("number", "text", "attributes", "level"),
    [
        (1, "", [], "trace"),
        (8, "", [], "debug"),
        (9, "Error", [], "info"),
        (16, "", [], "warn"),
        (17, "", [], "error"),
        (24, "", [], "fatal"),
        (0, "Warning", [], "warn"),
        (0, "", [("level", "crit")], "critical"),
        (0, "", [("level", "no level")], "unknown"),
        (0, "", [], "unknown"),
    ],
)
def test_levels(parse, number, text, attributes, level):
    [record] = parse(records({"severity_number": number, "severity_text": text, "attributes": attributes}))
    assert record["level"] == level


def test_payloads_of_different_dictionaries_are_put_together(parse):
    found = parse(
        records({"stream": '{"app":"x"}', "body": b"1"}, {"stream": '{"app":"y"}', "body": b"2"}),
        records({"stream": '{"app":"z"}', "body": b"3", "attributes": [("k", "v")], "trace_id": "ab"}),
    )
    assert {(r["body"], r["labels"], r["trace_id"]) for r in found} == {
        (b"1", '{"app":"x"}', ""),
        (b"2", '{"app":"y"}', ""),
        (b"3", '{"app":"z"}', "ab"),
    }


def test_a_time_of_before_the_epoch_is_kept_beside_the_line(parse):
    [record] = parse(records({"timestamp": -86_400 * 10**9}))
    assert record["time"] == "2026-11-27 17:20:00.000000000"
    assert record["attributes"] == {"original_timestamp": "1969-12-31 00:00:00.000000000"}


HOUR = 3600 * 10**9
AHEAD_ONLY = ParseOptions(max_future_seconds=3600)
BOTH = ParseOptions(max_future_seconds=3600, max_past_seconds=7200)


@pytest.mark.parametrize(
    ("offset", "options", "believed"),
    [
        (HOUR, AHEAD_ONLY, True),
        (HOUR + 1, AHEAD_ONLY, False),
        (-40 * 365 * 24 * HOUR, AHEAD_ONLY, True),
        (-2 * HOUR, BOTH, True),
        (-2 * HOUR - 1, BOTH, False),
        (-40 * 365 * 24 * HOUR, BOTH, False),
    ],
)
def test_how_far_from_its_arrival_a_time_is_believed(parse, offset, options, believed):
    [record] = parse(records({"timestamp": NOW + offset}), options=options)
    assert (record["time"] != "2026-11-27 17:20:00.000000000") == believed
    assert ("original_timestamp" in record["attributes"]) != believed


def test_a_record_without_a_time_has_its_arrival(parse):
    [record] = parse(records({"timestamp": 0}))
    assert record["time"] == "2026-11-27 17:20:00.000000000"
    assert record["attributes"] == {}


@pytest.mark.parametrize("observed", [2**63 - 1, NOW + 10**18, 1, -5])
def test_a_time_of_observation_that_cannot_be_is_that_of_arrival(parse, observed):
    """It is the sender's word: it must neither stop the batch nor discredit the record's own time."""
    untimed, timed = parse(
        records({"timestamp": 0, "observed": observed, "body": b"a"}, {"observed": observed})
    )
    assert (untimed["time"], timed["time"]) == ("2026-11-27 17:20:00.000000000",) * 2
    assert timed["attributes"] == {}
