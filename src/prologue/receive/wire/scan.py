"""Reads the fields of many protobuf messages at once, column by column.

A body of a million records is a million small messages of the same shape. Making an object of each
costs microseconds a record; here one numpy step reads the next field of *all* messages, so the
number of Python steps is that of the fields of the longest message. Every message is bounds-checked;
a caller that gets None reads the rows as objects instead, which names the broken one.

Source of the format: Protocol Buffers, "Encoding" (tags, varints, wire types 0, 1, 2 and 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from prologue.model.errors import LimitError
from prologue.receive.arrow import Array, pa

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

VARINT, FIXED64, DELIMITED, FIXED32 = 0, 1, 2, 5

Key: TypeAlias = tuple[int, int]
"""Which field: its number and its wire type."""

_MAX_VARINT = 10

# Each field of the longest message costs one step for all of them, so its length is bounded.
MAX_FIELDS = 1024

# All fields that are kept: 32 bytes each, while a hostile body spends 2 on one.
MAX_KEPT = 8_000_000


@dataclass(frozen=True, slots=True)
class Rows:
    """Messages side by side in one buffer: row i is `data[start[i]:end[i]]`.

    The buffer is padded by `_PAD` bytes so that a read past a row's end stays inside it.
    """

    data: Bytes
    start: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields of one number and wire type, ordered by row, in wire order within a row.

    `value` is the number of a VARINT; fixed and delimited ones stand at `start` to `end`.
    """

    row: Ints
    start: Ints
    end: Ints
    value: Ints

    def __len__(self) -> int:
        return len(self.row)


Scanned: TypeAlias = dict[Key, Fields]

_EMPTY: Ints = np.empty(0, np.int64)
NO_FIELDS = Fields(_EMPTY, _EMPTY, _EMPTY, _EMPTY)

_PAD = _MAX_VARINT + 8


def rows_of(messages: list[bytes]) -> Rows:
    """The messages in one buffer."""
    end = np.cumsum(np.fromiter(map(len, messages), np.int64, len(messages)))
    data = np.frombuffer(b"".join((*messages, bytes(_PAD))), np.uint8)
    return Rows(data, end - np.diff(end, prepend=0), end)


def sub_rows(rows: Rows, fields: Fields) -> Rows:
    """The messages inside delimited fields."""
    return Rows(rows.data, fields.start, fields.end)


def scan(rows: Rows, *wanted: Key) -> Scanned | None:
    """The wanted fields of all rows; None where a row is malformed or longer than `MAX_FIELDS`.

    Raises `LimitError` where more than `MAX_KEPT` fields are wanted.
    """
    found: dict[Key, list[Fields]] = {key: [] for key in wanted}
    kept = 0
    row = np.flatnonzero(rows.start < rows.end)
    position, end = rows.start[row], rows.end[row]
    for _ in range(MAX_FIELDS):
        if not len(row):
            return {key: _ordered(parts) for key, parts in found.items()}
        if kept > MAX_KEPT:
            raise LimitError(f"the body holds more than {MAX_KEPT} fields", cure="send smaller batches")
        tag, position, ok = _varints(rows.data, position)
        if not ok or (position > end).any():
            return None
        after = np.empty_like(position)
        for one in _distinct(tag):
            chosen = slice(None) if one is None else np.flatnonzero(tag == one)
            key = int(tag[0]) if one is None else int(one)
            fields = _read(rows.data, row[chosen], position[chosen], end[chosen], key & 7)
            if fields is None or key >> 3 == 0:
                return None
            if (key >> 3, key & 7) in found:
                found[key >> 3, key & 7].append(fields)
                kept += len(fields)
            after[chosen] = fields.end
        going = after < end
        if going.all():
            position = after
        else:
            row, position, end = row[going], after[going], end[going]
    return None


def _distinct(tag: Ints) -> list[None] | list[np.int64]:
    """The tags that occur; [None] where it is one, which is the common case and needs no selection."""
    if (tag == tag[0]).all():
        return [None]
    return list(np.unique(tag))


def _read(data: Bytes, row: Ints, position: Ints, end: Ints, wire_type: int) -> Fields | None:
    """The fields of one wire type at `position`, just behind their tags; None where one is malformed."""
    value = position
    if wire_type == DELIMITED:
        size, start, ok = _varints(data, position)
        # Compared before adding: a hostile length near 2**63 must not wrap around.
        if not ok or (size < 0).any() or (size > end - start).any():
            return None
        return Fields(row, start, start + size, value)
    if wire_type == VARINT:
        value, stop, ok = _varints(data, position)
        if not ok:
            return None
    elif wire_type in (FIXED64, FIXED32):
        stop = position + (8 if wire_type == FIXED64 else 4)
    else:
        return None
    return None if (stop > end).any() else Fields(row, position, stop, value)


def _varints(data: Bytes, position: Ints) -> tuple[Ints, Ints, bool]:
    """The varint at every position, the positions behind them, and whether all are at most 10 bytes.

    Numbers of 64 bits wrap to negative ones, as int64 and int32 fields are written.
    """
    byte = data[position]
    value = byte.astype(np.int64)
    if (byte < 0x80).all():
        return value, position + 1, True
    more = byte >= 0x80
    value &= 0x7F
    position = position + 1
    for shift in range(7, 7 * _MAX_VARINT, 7):
        where = np.flatnonzero(more) if not more.all() else slice(None)
        byte = data[position[where]]
        value[where] |= (byte & 0x7F).astype(np.int64) << shift
        position[where] += 1
        more[where] = byte >= 0x80
        if not more.any():
            return value, position, True
    return value, position, False


def _ordered(parts: list[Fields]) -> Fields:
    """Parts of successive steps as one, by row. A stable sort keeps wire order within a row."""
    if len(parts) < 2:
        return parts[0] if parts else NO_FIELDS
    row = np.concatenate([part.row for part in parts])
    order = np.argsort(row, kind="stable")
    return Fields(
        row[order],
        np.concatenate([part.start for part in parts])[order],
        np.concatenate([part.end for part in parts])[order],
        np.concatenate([part.value for part in parts])[order],
    )


def last_of_row(fields: Fields) -> Fields:
    """One field a row: the last, as protobuf reads a field that is not repeated."""
    if len(fields) < 2 or (fields.row[1:] > fields.row[:-1]).all():
        return fields
    last = np.append(fields.row[1:] != fields.row[:-1], True)
    return Fields(fields.row[last], fields.start[last], fields.end[last], fields.value[last])


def spread(fields: Fields, values: Ints, count: int) -> Ints:
    """`values` of at most one field a row as a column of `count` rows, 0 where a row has none."""
    if len(fields) == count:
        return values
    column = np.zeros(count, np.int64)
    column[fields.row] = values
    return column


def fixed64(data: Bytes, fields: Fields) -> Ints:
    """The numbers of FIXED64 fields; over 2**63 they wrap to negative ones."""
    number: Ints = data[fields.start[:, None] + np.arange(8)].view("<i8").ravel()
    return number


def fixed32(data: Bytes, fields: Fields) -> Ints:
    """The numbers of FIXED32 fields."""
    number: Ints = data[fields.start[:, None] + np.arange(4)].view("<u4").ravel().astype(np.int64)
    return number


def slices(data: Bytes, fields: Fields, count: int) -> Array:
    """What at most one delimited field a row holds: `count` values of large_binary, empty where absent.

    An array over the buffer as it is, whose every other value is a field and the rest the gaps between
    them; taking the fields out copies them at the speed of memory.
    """
    end = spread(fields, fields.end, count)
    start = spread(fields, fields.start, count)
    if len(fields) < count:
        # Arrow's offsets ascend: an absent value stands empty where the one before it ended.
        absent = end == 0
        end = np.maximum.accumulate(end)
        start[absent] = end[absent]
    offsets = np.empty(2 * count, np.int64)
    offsets[0::2] = start
    offsets[1::2] = end
    spans = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), max(2 * count - 1, 0), [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )
    return spans.take(pa.array(np.arange(0, 2 * count, 2)))
