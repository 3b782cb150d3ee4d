"""Rows of one body as the columns of `RECORD_SCHEMA`, and those as a payload.

Next chapter: `prologue.model.record`, what each column means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prologue.model.errors import LimitError, PayloadError
from prologue.model.labels import sanitize_name
from prologue.model.payload import Payload, PayloadFormat
from prologue.model.record import RECORD_SCHEMA
from prologue.receive.arrow import Array, pa, pc
from prologue.receive.receiver import Decoded, Push

Ints = npt.NDArray[np.int64]

MAX_ATTRIBUTES = 1000
"""Attributes of one record. Far over Loki's default of 128, and low enough to bound one record's cost."""

# Measured on OTLP records of 232 bytes on the wire: plain 370 bytes a record, LZ4 202 for 0.4 us more,
# zstd 131 for 0.7 us more and three times LZ4's cost when the engine reads it. What is synced to disk
# before every acknowledgement should be small; what is read once, seconds later, should be cheap.
_IPC_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of equal length; absent ones are filled by `records_payload`.

    `timestamp` and `observed` are Unix ns, 0 or less where the sender gave none. `stream` holds
    canonical label sets. `warning` tells the sender of records that were kept with a flaw.
    """

    timestamp: Ints
    stream: Array
    body: Array
    attributes: Array
    observed: Ints | None = None
    severity_number: Ints | None = None
    severity_text: Array | None = None
    trace_id: Array | None = None
    span_id: Array | None = None
    warning: str = ""


def records_payload(push: Push, columns: Columns) -> Decoded:
    """The columns as one payload: an Arrow IPC stream. No payload where there are no rows.

    A record without a time takes the time it was observed, and without that the time of arrival.
    """
    count = len(columns.timestamp)
    if not count:
        return Decoded((), 0)
    arrival = np.int64(push.received_ns)
    observed = np.full(count, arrival) if columns.observed is None else columns.observed
    observed = np.where(observed > 0, observed, arrival)
    severity = np.zeros(count) if columns.severity_number is None else columns.severity_number
    batch = pa.record_batch(
        [
            pa.array(np.where(columns.timestamp > 0, columns.timestamp, observed)),
            pa.array(observed),
            columns.stream,
            pa.array(severity.astype(np.uint8)),
            columns.severity_text or dictionary([""], np.zeros(count, np.int32)),
            columns.body,
            columns.trace_id or pa.repeat("", count),
            columns.span_id or pa.repeat("", count),
            columns.attributes,
        ],
        schema=RECORD_SCHEMA,
    )
    payload = Payload(
        tenant=push.tenant,
        format=PayloadFormat.RECORDS,
        data=ipc_bytes(batch),
        received_ns=push.received_ns,
        records=batch.num_rows,
    )
    return Decoded((payload,), count, columns.warning)


def ipc_bytes(batch: Any) -> bytes:
    """One batch as an Arrow IPC stream."""
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, batch.schema, options=_IPC_OPTIONS) as writer:
        writer.write_batch(batch)
    data: bytes = out.getvalue().to_pybytes()
    return data


def require_few(count: int, limit: int) -> None:
    """Raises `LimitError` for a body of more than `limit` records."""
    if count > limit:
        raise LimitError(
            f"the body holds {count} records; the limit is {limit}",
            cure="send smaller batches, or raise receive.max_body_records",
        )


def require_valid(bad: npt.NDArray[np.bool_], reason: str, cure: str) -> None:
    """Raises `PayloadError` at the first record that is `bad`."""
    if bad.any():
        raise PayloadError(reason, index=int(bad.argmax()), cure=cure)


def require_few_attributes(owners: Ints, count: int) -> None:
    """Raises `PayloadError` for a record of more than `MAX_ATTRIBUTES`; `owners` is each pair's record."""
    require_valid(
        np.bincount(owners, minlength=count) > MAX_ATTRIBUTES,
        f"a record has more than {MAX_ATTRIBUTES} attributes",
        "put what is so large into the line itself",
    )


def dictionary(values: Sequence[str], indices: npt.NDArray[np.int32]) -> Array:
    """A dictionary column; `indices` point into `values`."""
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), pa.array(values, pa.string()))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Attributes of single records: `row` is each pair's record, ascending."""

    row: Ints
    names: Array
    values: Array


def take_out(name: str, pairs: Pairs, count: int) -> tuple[Array, Pairs]:
    """The first value of `name` of each of `count` records, empty where there is none, and the other pairs.

    Trace and span ids come as structured metadata where the protocol knows no better; as columns they
    are indexed.
    """
    found = np.flatnonzero(pc.equal(pairs.names, name).to_numpy(zero_copy_only=False))
    if not len(found):
        return pa.repeat("", count), pairs
    row, first = np.unique(pairs.row[found], return_index=True)
    found = found[first]
    at = np.full(count, len(pairs.row))
    at[row] = found
    column = pa.concat_arrays([pairs.values, pa.array([""], pa.string())]).take(pa.array(at))
    others = np.delete(np.arange(len(pairs.row)), found)
    taken = pa.array(others)
    return column, Pairs(pairs.row[others], pairs.names.take(taken), pairs.values.take(taken))


def attribute_maps(rows: Ints, count: int, names: Array, values: Array) -> Array:
    """Pairs as a map column of `count` rows; `rows` is each pair's row, ascending."""
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(rows, minlength=count), out=offsets[1:])
    return pa.MapArray.from_arrays(pa.array(offsets), names, values)


def attribute_names(names: Array) -> Array:
    """Attribute names as label names; each distinct one is worked on once."""
    coded = text(names).dictionary_encode()
    clean = [sanitize_name(name) for name in coded.dictionary.to_pylist()]
    return pa.array(clean, pa.string()).take(coded.indices)


def text(raw: Array) -> Array:
    """Bytes as text. What is not UTF-8 becomes U+FFFD, as in Loki: an attribute must be text."""
    try:
        return raw.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([value.decode("utf-8", "replace") for value in raw.to_pylist()], pa.string())
