"""The Journal Export Format: where every field of every entry stands, found by numpy over the whole body.

    NAME=value\n                                     a text
    NAME\n <size, 64 bits little-endian> <data> \n   anything, which may hold line ends
    \n                                               the end of an entry

All is lines but the data of binary fields, so the lines are found first; Python then visits each binary
field once, to take what seems to be lines in it out again.

Source: systemd's "Journal Export Formats". Next chapter: `prologue.receive.journald.receiver`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prologue.model.errors import LimitError, PayloadError
from prologue.receive.arrow import Array, pa
from prologue.receive.columns import Ints

MAX_LINES = 8_000_000
"""Of one body or piece: each takes tens of bytes while it is looked at. An entry has about 25."""

_CURE = "send what systemd-journal-upload or journalctl -o export writes"
_NEWLINE = ord("\n")
_EQUALS = ord("=")

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields in order: `row` is each one's entry, ascending from 0; the others are offsets in the body."""

    row: Ints
    name_start: Ints
    name_end: Ints
    value_start: Ints
    value_end: Ints
    entries: int

    def texts(self, body: bytes) -> tuple[Array, Array]:
        """Names and values as arrays of large_binary. One array over the body as it is, in which names,
        values and the gaps behind them take turns; taking them out copies them at the speed of memory."""
        count = len(self.row)
        bounds = (self.name_start, self.name_end, self.value_start, self.value_end)
        offsets = np.stack(bounds, axis=1).ravel()
        spans = pa.LargeBinaryArray.from_buffers(
            pa.large_binary(), max(4 * count - 1, 0), [None, pa.py_buffer(offsets), pa.py_buffer(body)]
        )
        names = spans.take(pa.array(np.arange(0, 4 * count, 4)))
        return names, spans.take(pa.array(np.arange(2, 4 * count, 4)))


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines by start and end, and where each one's first `=` is; one without has its end there."""

    start: Ints
    end: Ints
    equals: Ints


def whole_entries(body: bytes) -> int:
    """Where the last entry ends that is whole; 0 where there is none. What is behind may go on."""
    lines = _lines(body)
    inside, _, _ = _binary(body, lines, stop_at_end=True)
    blanks = np.flatnonzero((lines.start == lines.end) & ~inside)
    return int(lines.end[blanks[-1]]) + 1 if len(blanks) else 0


def find_fields(body: bytes) -> Fields:
    """Every field of a body that is whole. Raises `PayloadError` where it is not of the format."""
    if body and not body.endswith(b"\n"):
        raise PayloadError("the body does not end with a newline; it may be cut off", cure=_CURE)
    lines = _lines(body)
    inside, headers, data_end = _binary(body, lines, stop_at_end=False)
    blank = (lines.start == lines.end) & ~inside
    field = ~inside & ~blank
    # Several blank lines end one entry: number the entries that have fields.
    section = np.cumsum(blank)[field]
    row = np.cumsum(np.concatenate(([0], np.diff(section) != 0)))[: len(section)]
    value_start, value_end = lines.equals + 1, lines.end.copy()
    value_start[headers] = lines.end[headers] + 9  # behind the line end and the size
    value_end[headers] = data_end
    empty = field & (lines.equals == lines.start)
    if empty.any():
        raise PayloadError("a field has no name", index=int(row[np.cumsum(field)[empty][0] - 1]), cure=_CURE)
    return Fields(
        row=row.astype(np.int64),
        name_start=lines.start[field],
        name_end=lines.equals[field],
        value_start=value_start[field],
        value_end=value_end[field],
        entries=int(row[-1]) + 1 if len(row) else 0,
    )


def _lines(body: bytes) -> _Lines:
    count = body.count(b"\n")
    if count > MAX_LINES:
        raise LimitError(f"the body has {count} lines; the limit is {MAX_LINES}", cure="send smaller bodies")
    data = np.frombuffer(body, np.uint8)
    end = np.flatnonzero(data == _NEWLINE)
    start = np.concatenate(([0], end[:-1] + 1)) if len(end) else end
    equals = np.append(np.flatnonzero(data == _EQUALS), len(body))
    first = equals[np.searchsorted(equals, start)]
    return _Lines(start, end, np.where(first < end, first, end))


def _binary(body: bytes, lines: _Lines, *, stop_at_end: bool) -> tuple[Bools, Ints, Ints]:
    """Which lines are none but stand inside data; which are the names of binary fields; where those end.

    `stop_at_end`: data that are not all there yet are inside, and so is what follows; else an error.
    """
    inside = np.zeros(len(lines.start), np.bool_)
    headers: list[int] = []
    ends: list[int] = []
    behind = 0  # the first line that is behind the last binary field
    for line in np.flatnonzero((lines.equals == lines.end) & (lines.start < lines.end)).tolist():
        if line < behind:
            continue
        start = int(lines.end[line]) + 9
        end = start + int.from_bytes(body[start - 8 : start], "little")
        # The field ends where the line ends that its data's last byte stands before.
        last = int(np.searchsorted(lines.end, end)) if end < len(body) else len(lines.end)
        if last == len(lines.end) or lines.end[last] != end:
            if not stop_at_end or end < len(body):
                raise PayloadError(
                    "a binary field does not end where its size says",
                    index=int(((lines.start == lines.end) & ~inside)[:line].sum()),
                    cure=_CURE,
                )
            inside[line:] = True
            break
        behind = last + 1
        inside[line + 1 : behind] = True
        headers.append(line)
        ends.append(end)
    return inside, np.array(headers, np.int64), np.array(ends, np.int64)
