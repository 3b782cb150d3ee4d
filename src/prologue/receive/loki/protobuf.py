"""Loki's push request in protobuf: streams of entries, read column by column.

upb splits the body into entries (bytes, not objects); `wire.scan` reads the entries' fields, their
timestamps and their metadata pairs, each in a handful of numpy steps for the whole body. Entries of
unusual shape are rewritten in canonical form first, one by one, which also finds the broken one.

Source: `pkg/push/push.proto` in Loki's repository.
"""

from __future__ import annotations

import numpy as np
from google.protobuf.message import DecodeError

from prologue.model.errors import PayloadError, UserError
from prologue.receive.arrow import Array
from prologue.receive.columns import (
    MAX_ATTRIBUTES,
    Columns,
    Pairs,
    attribute_maps,
    attribute_names,
    dictionary,
    records_payload,
    require_few,
    require_few_attributes,
    require_valid,
    take_out,
    text,
)
from prologue.receive.guards import require_few_fields
from prologue.receive.loki.labels import stream_of_text
from prologue.receive.receiver import Decoded, Push
from prologue.receive.settings import ReceiveSettings
from prologue.receive.wire import loki_pb2
from prologue.receive.wire.scan import (
    DELIMITED,
    VARINT,
    Ints,
    Rows,
    Scanned,
    last_of_row,
    rows_of,
    scan,
    slices,
    spread,
    sub_rows,
)

_TIMESTAMP, _LINE, _METADATA = (1, DELIMITED), (2, DELIMITED), (3, DELIMITED)
_SECONDS, _NANOS = (1, VARINT), (2, VARINT)
_NAME, _VALUE = (1, DELIMITED), (2, DELIMITED)

_NANOS_PER_SECOND = 1_000_000_000
_MAX_SECONDS = 2**63 // _NANOS_PER_SECOND - 1

_CURE = "encode logproto.PushRequest as Loki's push.proto defines it"


def decode_protobuf(push: Push, settings: ReceiveSettings) -> Decoded:
    """The records of a decompressed `logproto.PushRequest`."""
    entries, stream = _split(push.body, settings)
    rows, fields, pairs, stamps = _scan_entries(entries)
    count = len(rows)
    metadata = fields[_METADATA]
    require_few_attributes(metadata.row, count)
    names = slices(rows.data, last_of_row(pairs[_NAME]), len(metadata))
    values = slices(rows.data, last_of_row(pairs[_VALUE]), len(metadata))
    pairs_of_rows = Pairs(metadata.row, attribute_names(names), text(values))
    trace_id, others = take_out("trace_id", pairs_of_rows, count)
    span_id, others = take_out("span_id", others, count)
    columns = Columns(
        timestamp=_timestamps(fields, stamps, count),
        stream=stream,
        body=slices(rows.data, last_of_row(fields[_LINE]), count),
        trace_id=trace_id,
        span_id=span_id,
        attributes=attribute_maps(others.row, count, others.names, others.values),
    )
    return records_payload(push, columns)


def _split(body: bytes, settings: ReceiveSettings) -> tuple[list[bytes], Array]:
    """All entries of all streams in order, and the stream column that goes with them."""
    entries: list[bytes] = []
    labels: dict[str, int] = {}
    codes: list[int] = []
    counts: list[int] = []
    for part in _streams(body):
        try:
            stream = loki_pb2.Stream.FromString(part)
        except DecodeError as error:
            raise PayloadError(
                f"a stream is not protobuf: {error}", index=len(entries), cure=_CURE
            ) from error
        try:
            name = stream_of_text(stream.labels, settings.discover_service_name)
        except UserError as error:
            raise PayloadError(error.message, index=len(entries), cure=error.cure) from error
        codes.append(labels.setdefault(name, len(labels)))
        counts.append(len(stream.entries))
        require_few(len(entries) + counts[-1], settings.max_body_records)
        entries.extend(stream.entries)
    indices = np.repeat(np.array(codes, np.int32), np.array(counts, np.int64))
    return entries, dictionary(list(labels), indices)


def _streams(body: bytes) -> list[bytes]:
    require_few_fields(body)
    try:
        return list(loki_pb2.PushRequest.FromString(body).streams)
    except DecodeError as error:
        raise PayloadError(f"the body is not a protobuf push request: {error}", cure=_CURE) from error


def _scan_entries(entries: list[bytes]) -> tuple[Rows, Scanned, Scanned, Scanned]:
    """The entries' fields, their metadata pairs' and their timestamps'."""
    rows = rows_of(entries)
    scanned = _try_scan(rows)
    if scanned is None:
        rows = rows_of([_canonical(entry, index) for index, entry in enumerate(entries)])
        scanned = _try_scan(rows)
    if scanned is None:
        raise PayloadError("an entry cannot be read", cure=_CURE)
    return rows, *scanned


def _try_scan(rows: Rows) -> tuple[Scanned, Scanned, Scanned] | None:
    fields = scan(rows, _TIMESTAMP, _LINE, _METADATA)
    if fields is None:
        return None
    pairs = scan(sub_rows(rows, fields[_METADATA]), _NAME, _VALUE)
    stamps = scan(sub_rows(rows, last_of_row(fields[_TIMESTAMP])), _SECONDS, _NANOS)
    return None if pairs is None or stamps is None else (fields, pairs, stamps)


def _canonical(entry: bytes, index: int) -> bytes:
    """The entry with known fields only, each once. Raises `PayloadError` at the broken one."""
    try:
        message = loki_pb2.Entry.FromString(entry)
    except DecodeError as error:
        raise PayloadError(f"an entry is not protobuf: {error}", index=index, cure=_CURE) from error
    if len(message.structured_metadata) > MAX_ATTRIBUTES:
        raise PayloadError(f"a record has more than {MAX_ATTRIBUTES} attributes", index=index, cure=_CURE)
    message.DiscardUnknownFields()
    return message.SerializeToString()


def _timestamps(fields: Scanned, stamps: Scanned, count: int) -> Ints:
    """Unix ns. Raises `PayloadError` where the time is none that 64 bits of ns can hold."""
    given = last_of_row(fields[_TIMESTAMP])
    column = []
    for key, low, high in ((_SECONDS, -_MAX_SECONDS, _MAX_SECONDS), (_NANOS, 0, _NANOS_PER_SECOND - 1)):
        part = last_of_row(stamps[key])
        values = spread(given, spread(part, part.value, len(given)), count)
        require_valid(
            (values < low) | (values > high),
            "the timestamp is out of range",
            "send seconds and 0 to 999999999 ns",
        )
        column.append(values)
    return column[0] * _NANOS_PER_SECOND + column[1]
