"""The columnar scanner against upb: the same fields from the same bytes, or a refusal."""

from __future__ import annotations

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import LimitError
from prologue.receive.wire import scan as scan_module
from prologue.receive.wire.otlp_pb2 import AnyValue, LogRecord
from prologue.receive.wire.scan import (
    DELIMITED,
    FIXED32,
    FIXED64,
    MAX_FIELDS,
    VARINT,
    fixed32,
    fixed64,
    last_of_row,
    rows_of,
    scan,
    slices,
    spread,
)

KEYS = ((1, FIXED64), (2, VARINT), (3, DELIMITED), (8, FIXED32), (9, DELIMITED))

RECORDS = st.builds(
    LogRecord,
    time_unix_nano=st.integers(0, 2**64 - 1),
    severity_number=st.integers(-(2**31), 2**31 - 1),
    severity_text=st.binary(max_size=300),
    body=st.builds(AnyValue, string_value=st.binary(max_size=20)),
    flags=st.integers(0, 2**32 - 1),
    trace_id=st.binary(max_size=20),
)


def columns(records: list[bytes]):
    rows = rows_of(records)
    found = scan(rows, *KEYS)
    if found is None:
        return None
    last = {key: last_of_row(found[key]) for key in KEYS}
    count = len(records)
    return {
        "time": spread(last[KEYS[0]], fixed64(rows.data, last[KEYS[0]]), count).view(np.uint64).tolist(),
        "severity": spread(last[KEYS[1]], last[KEYS[1]].value, count).tolist(),
        "text": slices(rows.data, last[KEYS[2]], count).to_pylist(),
        "flags": spread(last[KEYS[3]], fixed32(rows.data, last[KEYS[3]]), count).tolist(),
        "trace": slices(rows.data, last[KEYS[4]], count).to_pylist(),
    }


def by_upb(messages: list[LogRecord]):
    return {
        "time": [m.time_unix_nano for m in messages],
        "severity": [m.severity_number for m in messages],
        "text": [m.severity_text for m in messages],
        "flags": [m.flags for m in messages],
        "trace": [m.trace_id for m in messages],
    }


@settings(max_examples=200, deadline=None)
@given(st.lists(RECORDS, max_size=20))
def test_the_same_as_upb(messages):
    assert columns([message.SerializeToString() for message in messages]) == by_upb(messages)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(RECORDS, RECORDS), min_size=1, max_size=10))
def test_the_last_of_repeated_fields_counts_as_in_upb(pairs):
    encoded = [first.SerializeToString() + second.SerializeToString() for first, second in pairs]
    assert columns(encoded) == by_upb([LogRecord.FromString(one) for one in encoded])


@settings(max_examples=500, deadline=None)
@given(st.lists(st.binary(max_size=24), min_size=1, max_size=6))
def test_any_bytes_are_refused_or_read_within_bounds(messages):
    rows = rows_of(messages)
    found = scan(rows, *KEYS)
    if found is None:
        return
    for fields in found.values():
        assert (fields.start <= fields.end).all()
        assert (fields.start >= rows.start[fields.row]).all()
        assert (fields.end <= rows.end[fields.row]).all()


@settings(max_examples=300, deadline=None)
@given(RECORDS, st.integers(0, 400), st.integers(0, 255))
def test_damaged_messages_are_refused_or_read_as_upb_reads_them(message, place, byte):
    data = bytearray(message.SerializeToString() or b"\x10\x00")
    data[place % len(data)] = byte
    try:
        parsed = LogRecord.FromString(bytes(data))
    except DecodeError:
        parsed = None
    got = columns([bytes(data)])
    # The scanner may refuse more than upb (groups) and does not look into nested messages.
    if got is not None and parsed is not None and not parsed.HasField("body"):
        assert got["text"] == [parsed.severity_text]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b"\x1a\x05abc", id="a length past the end"),
        pytest.param(b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", id="a length of 2**63 - 1"),
        pytest.param(b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", id="a length of 2**64 - 1"),
        pytest.param(b"\x10" + b"\xff" * 11, id="a varint without end"),
        pytest.param(b"\x10\x80", id="a varint past the end"),
        pytest.param(b"\x09\x00\x00", id="a fixed64 past the end"),
        pytest.param(b"\x45\x00", id="a fixed32 past the end"),
        pytest.param(b"\x00\x00", id="field number 0"),
        pytest.param(b"\x0b\x0c", id="a group"),
        pytest.param(b"\x0e", id="wire type 6"),
        pytest.param(b"\x80", id="half a tag"),
        pytest.param(b"\x10\x00" * (MAX_FIELDS + 1), id="too many fields"),
    ],
)
def test_malformed_messages_are_refused_next_to_good_ones(message):
    good = LogRecord(severity_number=9).SerializeToString()
    assert scan(rows_of([good, message, good]), *KEYS) is None
    assert scan(rows_of([good, good]), *KEYS) is not None


def test_no_rows():
    assert columns([]) == {"time": [], "severity": [], "text": [], "flags": [], "trace": []}


def test_the_number_of_kept_fields_is_bounded(monkeypatch):
    monkeypatch.setattr(scan_module, "MAX_KEPT", 100)
    with pytest.raises(LimitError, match="more than 100 fields"):
        scan(rows_of([b"\x1a\x00" * 30] * 10), (3, DELIMITED))
    assert scan(rows_of([b"\x1a\x00" * 30] * 10), (4, DELIMITED)) is not None
