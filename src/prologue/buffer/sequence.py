"""Numbers for segments that are never used twice, even when every segment of the past is gone.

The file `sequence` holds a number that no segment reached yet. It is moved ahead by `BLOCK` before a
number at or above it is used, so it costs one small write in a thousand segments; a crash skips the
rest of a block, a clean end does not.

Where the file is damaged, numbers go on at the Unix time in milliseconds: no buffer makes a thousand
segments a second for ever, so that is ahead of every number of the past.

Next chapter: `prologue.buffer.recovery`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from prologue.buffer.filesystem import FileSystem
from prologue.buffer.statefile import StateDamaged, load_state, save_state

MAGIC = b"PRLGSEQ1"
FILE_NAME = "sequence"
BLOCK = 1024


class Sequence:
    """Not thread-safe: recovery uses it, then the committer."""

    def __init__(self, filesystem: FileSystem, directory: Path, unix_ns: Callable[[], int]) -> None:
        self._filesystem = filesystem
        self._path = directory / FILE_NAME
        self._unix_ns = unix_ns
        self._next = 1
        self._reserved = 0

    def load(self) -> None:
        """Start at what is reserved. Raises `StateDamaged`, having found another start, or `OSError`."""
        try:
            self._reserved = load_state(self._filesystem, self._path, MAGIC, int) or 0
        except StateDamaged:
            self._next = self._unix_ns() // 1_000_000
            raise
        self._next = max(self._next, self._reserved)

    def used(self, number: int) -> None:
        """A segment of this number exists."""
        self._next = max(self._next, number + 1)

    def take(self) -> int:
        """The next number. Raises `OSError` where it cannot be reserved; no number is then lost."""
        if self._next >= self._reserved:
            self._save(self._next + BLOCK)
        number = self._next
        self._next += 1
        return number

    def close(self) -> None:
        """Give the unused rest of the block back. Raises `OSError`."""
        self._save(self._next)

    def _save(self, reserved: int) -> None:
        save_state(self._filesystem, self._path, MAGIC, reserved)
        self._reserved = reserved
