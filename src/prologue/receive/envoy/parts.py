"""Messages inside messages, as columns of the rows they belong to.

`Part` is the same member of many messages: the `request` of every entry, say. It answers each of its
fields as one column of all entries, absent ones as empty text or 0.

Next chapter: `prologue.receive.wire.scan`, which reads the fields of all messages at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prologue.model.errors import PrologueError
from prologue.receive.arrow import Array, pa
from prologue.receive.columns import Ints, text
from prologue.receive.wire.scan import (
    DELIMITED,
    VARINT,
    Fields,
    Key,
    Rows,
    Scanned,
    last_of_row,
    scan,
    slices,
    spread,
    sub_rows,
)

_SECONDS, _NANOS = (1, VARINT), (2, VARINT)
_KEY, _VALUE = (1, DELIMITED), (2, DELIMITED)


class Malformed(PrologueError):
    """Some row is malformed, or has more fields than are scanned; does not leave this package."""


@dataclass(frozen=True, slots=True)
class Part:
    """A member of `count` messages. `owner` is the message of each row."""

    rows: Rows
    owner: Ints
    count: int
    fields: Scanned

    def has(self, number: int) -> bool:
        """Whether any message has this member."""
        return bool(len(self.fields[number, DELIMITED]))

    def raw(self, number: int) -> Array:
        """The member's bytes."""
        return slices(self.rows.data, self._last((number, DELIMITED)), self.count)

    def text(self, number: int) -> Array:
        return text(self.raw(number))

    def number(self, number: int) -> Ints:
        found = self._last((number, VARINT))
        return spread(found, found.value, self.count)

    def present(self, number: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which messages have the member, whatever it holds."""
        found = np.zeros(self.count, np.bool_)
        found[self._last((number, DELIMITED)).row] = True
        return found

    def part(self, number: int, *wanted: Key) -> Part:
        """The message that the member `number` is; the last one where it is there twice."""
        found = self._last((number, DELIMITED))
        return scanned(sub_rows(self.rows, found), found.row, self.count, *wanted)

    def wrapped(self, number: int) -> Ints:
        """A `UInt32Value`, 0 where it is absent."""
        return self.part(number, (1, VARINT)).number(1)

    def nanoseconds(self, number: int) -> Ints:
        """A `Timestamp` or `Duration` in ns, 0 where it is absent. What no 64 bits hold wraps."""
        found = self.part(number, _SECONDS, _NANOS)
        return found.number(1) * 1_000_000_000 + found.number(2)

    def pairs(self, number: int) -> tuple[Ints, Array, Array]:
        """A `map<string, string>`: each pair's message, name and value."""
        found = self.fields[number, DELIMITED]
        rows = sub_rows(self.rows, found)
        inner = scanned(rows, np.arange(len(rows)), len(rows), _KEY, _VALUE)
        return self.owner[found.row], inner.text(1), inner.text(2)

    def _last(self, key: Key) -> Fields:
        found = last_of_row(self.fields[key])
        return Fields(self.owner[found.row], found.start, found.end, found.value)


def scanned(rows: Rows, owner: Ints, count: int, *wanted: Key) -> Part:
    """The wanted fields of the rows. Raises `Malformed`."""
    fields = scan(rows, *wanted)
    if fields is None:
        raise Malformed("a message cannot be scanned")
    return Part(rows, owner, count, fields)


def integers(values: Ints) -> Array:
    """Numbers as text."""
    return pa.array(values).cast(pa.string())
