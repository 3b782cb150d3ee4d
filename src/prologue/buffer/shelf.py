"""The sealed segments of a buffer: which wait for the consumer, which are with it.

Plain bookkeeping without I/O and without a lock of its own; `prologue.buffer.disk`, the next chapter,
uses it under its lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from prologue.buffer.segment import DiskSegment
from prologue.buffer.settings import Backlog


class Shelf:
    """Segments in order of sequence. `bytes` is the size of all that are not released."""

    def __init__(self, segments: Iterable[DiskSegment]) -> None:
        self._waiting: deque[DiskSegment] = deque()
        self._unreleased: dict[int, DiskSegment] = {}
        self.bytes = 0
        for segment in segments:
            self.add(segment)

    def __len__(self) -> int:
        """How many are not released."""
        return len(self._unreleased)

    @property
    def waiting(self) -> bool:
        """Whether there is one that nobody took."""
        return bool(self._waiting)

    @property
    def oldest(self) -> DiskSegment | None:
        return next(iter(self._unreleased.values()), None)

    def add(self, segment: DiskSegment) -> None:
        """A segment newer than all that were added before."""
        self._waiting.append(segment)
        self._unreleased[segment.sequence] = segment
        self.bytes += segment.bytes

    def take(self) -> DiskSegment | None:
        return self._waiting.popleft() if self._waiting else None

    def first(self, wanted: Callable[[int], bool]) -> DiskSegment | None:
        """The oldest unreleased segment whose sequence is wanted."""
        return next((held for sequence, held in self._unreleased.items() if wanted(sequence)), None)

    def backlog(self, upto: int) -> Backlog:
        """What is not released of the segments up to a sequence."""
        held = [segment.bytes for sequence, segment in self._unreleased.items() if sequence <= upto]
        return Backlog(len(held), sum(held))

    def find(self, sequence: int) -> DiskSegment | None:
        """The segment if it is not released, taken or not."""
        return self._unreleased.get(sequence)

    def release(self, segment: DiskSegment) -> None:
        del self._unreleased[segment.sequence]
        self.bytes -= segment.bytes
        if segment in self._waiting:
            self._waiting.remove(segment)
