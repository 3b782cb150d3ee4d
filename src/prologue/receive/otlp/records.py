"""OTLP log records as the columns of `RECORD_SCHEMA`, read column by column from protobuf.

| OTLP | here |
|---|---|
| resource attributes in `otlp_index_attributes` | stream labels, dots as underscores |
| time, observed time, severity, body, trace and span id | the columns of those names |
| the record's attributes, then scope, then resource | attributes, names as label names |
| `scope.name`, `scope.version` | attributes `scope_name`, `scope_version` |
| `event_name`, `flags`, dropped counts | attributes `event_name`, `flags`, `dropped_attributes_count`, ... |

A time over 2**63 ns and a severity outside 0 to 24 cannot be columns: the record keeps them as the
attributes `time_unix_nano` and `severity_number`, so that nothing sent is lost.

Source: Loki's "Format considerations" for OTLP; OpenTelemetry Logs Data Model.
"""

from __future__ import annotations

import numpy as np
from google.protobuf.message import DecodeError

from prologue.model.errors import PayloadError
from prologue.model.labels import sanitize_name
from prologue.receive.arrow import Array, pa
from prologue.receive.columns import MAX_ATTRIBUTES, Columns, Ints, dictionary, require_few_attributes, text
from prologue.receive.loki.labels import stream_of_labels
from prologue.receive.otlp.attributes import (
    KINDS,
    STRING,
    AttributeColumn,
    odd_rows,
    read_odd,
    read_pairs,
)
from prologue.receive.otlp.groups import CURE, Groups
from prologue.receive.otlp.values import Pair, body_of, decoded, flatten, flatten_all
from prologue.receive.settings import ReceiveSettings
from prologue.receive.wire import otlp_pb2
from prologue.receive.wire.otlp_pb2 import Resource, Scope
from prologue.receive.wire.scan import (
    DELIMITED,
    FIXED32,
    FIXED64,
    VARINT,
    Fields,
    Key,
    Rows,
    Scanned,
    fixed32,
    fixed64,
    last_of_row,
    rows_of,
    scan,
    slices,
    spread,
    sub_rows,
)

_TIME: Key = (1, FIXED64)
_SEVERITY_NUMBER: Key = (2, VARINT)
_SEVERITY_TEXT: Key = (3, DELIMITED)
_BODY: Key = (5, DELIMITED)
_ATTRIBUTES: Key = (6, DELIMITED)
_DROPPED: Key = (7, VARINT)
_FLAGS: Key = (8, FIXED32)
_TRACE_ID: Key = (9, DELIMITED)
_SPAN_ID: Key = (10, DELIMITED)
_OBSERVED: Key = (11, FIXED64)
_EVENT_NAME: Key = (12, DELIMITED)

_FIELDS = (
    *(_TIME, _SEVERITY_NUMBER, _SEVERITY_TEXT, _BODY, _ATTRIBUTES, _DROPPED),
    *(_FLAGS, _TRACE_ID, _SPAN_ID, _OBSERVED, _EVENT_NAME),
)

# Attributes of resource and scope are written to every record: at most this many times the body's limit.
_MAX_AMPLIFICATION = 8

_HEX = np.array([int.from_bytes(f"{byte:02x}".encode(), "little") for byte in range(256)], "<u2")


def read_records(groups: Groups, settings: ReceiveSettings) -> Columns:
    """The columns of all records of all groups."""
    rows, fields, own, bodies = _scan_records(groups.records)
    count = len(rows)
    severity = _numbers(fields, _SEVERITY_NUMBER, count)
    time = spread(last_of_row(fields[_TIME]), fixed64(rows.data, last_of_row(fields[_TIME])), count)
    observed = spread(
        last_of_row(fields[_OBSERVED]), fixed64(rows.data, last_of_row(fields[_OBSERVED])), count
    )
    attributes = AttributeColumn(count, _MAX_AMPLIFICATION * settings.max_body_bytes)
    require_few_attributes(own[0], count)
    attributes.add_own(*own)
    _add_fields(attributes, rows, fields, count)
    warning = _add_unfit(attributes, time, severity)
    shared = [_shared_pairs(r, s, settings) for r, s in zip(groups.resources, groups.scopes, strict=True)]
    attributes.add_shared(shared, groups.sizes)
    return Columns(
        timestamp=time,
        observed=observed,
        stream=_streams(groups, settings),
        severity_number=np.where((severity >= 0) & (severity <= 24), severity, 0),
        severity_text=text(slices(rows.data, last_of_row(fields[_SEVERITY_TEXT]), count)).dictionary_encode(),
        body=bodies,
        trace_id=_hex_ids(slices(rows.data, last_of_row(fields[_TRACE_ID]), count), 16),
        span_id=_hex_ids(slices(rows.data, last_of_row(fields[_SPAN_ID]), count), 8),
        attributes=attributes.build(),
        warning=warning,
    )


def _scan_records(records: list[bytes]) -> tuple[Rows, Scanned, tuple[Ints, Array, Array], Array]:
    """The records' fields, their own attributes and their bodies."""
    rows = rows_of(records)
    scanned = _try_scan(rows)
    if scanned is None:
        rows = rows_of([_canonical(record, index) for index, record in enumerate(records)])
        scanned = _try_scan(rows)
    if scanned is None:
        raise PayloadError("a log record cannot be read", cure=CURE)
    return rows, *scanned


def _try_scan(rows: Rows) -> tuple[Scanned, tuple[Ints, Array, Array], Array] | None:
    fields = scan(rows, *_FIELDS)
    if fields is None:
        return None
    try:
        own = read_pairs(sub_rows(rows, fields[_ATTRIBUTES]), fields[_ATTRIBUTES].row)
        bodies = _bodies(rows, last_of_row(fields[_BODY]))
    except DecodeError:  # inside a nested value; `_canonical` finds out in which record
        return None
    return None if own is None or bodies is None else (fields, own, bodies)


def _canonical(record: bytes, index: int) -> bytes:
    """The record with known fields only, each once. Raises `PayloadError` at the broken one."""
    try:
        message = otlp_pb2.LogRecord.FromString(record)
    except DecodeError as error:
        raise PayloadError(f"a log record is not protobuf: {error}", index=index, cure=CURE) from error
    if len(message.attributes) > MAX_ATTRIBUTES:
        raise PayloadError(f"a record has more than {MAX_ATTRIBUTES} attributes", index=index, cure=CURE)
    message.DiscardUnknownFields()
    return message.SerializeToString()


def _bodies(rows: Rows, given: Fields) -> Array | None:
    """The body column: strings and bytes as they are; any other kind as an object, one by one."""
    kinds = scan(sub_rows(rows, given), *KINDS)
    if kinds is None:
        return None
    count = len(rows)
    texts = kinds[STRING]
    lines = slices(
        rows.data, last_of_row(Fields(given.row[texts.row], texts.start, texts.end, texts.value)), count
    )
    odd = np.flatnonzero(odd_rows(count, given, kinds, plain=(STRING,)))
    if not len(odd):
        return lines
    converted = [body_of(read_odd(rows, given, int(np.searchsorted(given.row, row)))) for row in odd]
    taken = np.arange(count)
    taken[odd] = count + np.arange(len(odd))
    return pa.concat_arrays([lines, pa.array(converted, pa.large_binary())]).take(pa.array(taken))


def _numbers(fields: Scanned, key: Key, count: int) -> Ints:
    """A VARINT field as a column, 0 where it is absent."""
    last = last_of_row(fields[key])
    return spread(last, last.value, count)


def _add_fields(attributes: AttributeColumn, rows: Rows, fields: Scanned, count: int) -> None:
    """What OTLP has beside attributes and our columns do not hold."""
    flags = last_of_row(fields[_FLAGS])
    numbers = {
        "flags": spread(flags, fixed32(rows.data, flags), count),
        "dropped_attributes_count": _numbers(fields, _DROPPED, count),
    }
    for name, column in numbers.items():
        present = np.flatnonzero(column)
        attributes.add_field(name, pa.array(column[present]).cast(pa.string()), present)
    if len(fields[_EVENT_NAME]):
        names = text(slices(rows.data, last_of_row(fields[_EVENT_NAME]), count))
        present = np.unique(fields[_EVENT_NAME].row)
        attributes.add_field("event_name", names.take(pa.array(present)), present)


def _add_unfit(attributes: AttributeColumn, time: Ints, severity: Ints) -> str:
    """What the sender gave but a column cannot hold, under OTLP's own name; a warning where there is any."""
    late = np.flatnonzero(time < 0)
    attributes.add_field("time_unix_nano", pa.array(time[late].view(np.uint64)).cast(pa.string()), late)
    unfit = np.flatnonzero((severity < 0) | (severity > 24))
    attributes.add_field("severity_number", pa.array(severity[unfit]).cast(pa.string()), unfit)
    if not len(late) and not len(unfit):
        return ""
    return (
        f"kept as attributes because they are out of range: {len(late)} times (time_unix_nano), "
        f"{len(unfit)} severities (severity_number)"
    )


def _shared_pairs(resource: Resource, scope: Scope, settings: ReceiveSettings) -> list[Pair]:
    """Attributes that every record of a group has, nearest first."""
    pairs = flatten_all(list(scope.attributes))
    for name, value in (("scope_name", scope.name), ("scope_version", scope.version)):
        if value:
            pairs.append((name, decoded(value)))
    if scope.dropped_attributes_count:
        pairs.append(("scope_dropped_attributes_count", str(scope.dropped_attributes_count)))
    index = settings.otlp_index_attributes
    pairs += flatten_all([item for item in resource.attributes if decoded(item.key) not in index])
    if resource.dropped_attributes_count:
        pairs.append(("resource_dropped_attributes_count", str(resource.dropped_attributes_count)))
    return pairs


def _streams(groups: Groups, settings: ReceiveSettings) -> Array:
    """The stream column: each group's index attributes as one canonical label set."""
    labels: dict[str, int] = {}
    codes = []
    for resource in groups.resources:
        found = {
            sanitize_name(name): value
            for item in resource.attributes
            if decoded(item.key) in settings.otlp_index_attributes
            for name, value in flatten(decoded(item.key), item.value)
        }
        name = stream_of_labels(found, settings.discover_service_name)
        codes.append(labels.setdefault(name, len(labels)))
    return dictionary(list(labels), np.repeat(np.array(codes, np.int32), np.array(groups.sizes, np.int64)))


def _hex_ids(raw: Array, size: int) -> Array:
    """Ids in lower-case hexadecimal; all zeroes means none, as the data model says."""
    _, offsets, data = raw.buffers()
    ends = np.frombuffer(offsets, np.int64)[: len(raw) + 1]
    digits = _HEX[np.frombuffer(data, np.uint8)[: ends[-1]]] if data is not None else np.empty(0, "<u2")
    buffers = [None, pa.py_buffer(2 * ends), pa.py_buffer(digits)]
    ids = pa.LargeStringArray.from_buffers(len(raw), *buffers[1:]).cast(pa.string())
    none = np.asarray(ids) == "00" * size
    return pa.array(np.where(none, "", ids), pa.string()) if none.any() else ids
