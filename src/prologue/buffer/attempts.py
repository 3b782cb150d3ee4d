"""Segments that a process may not survive: how often it ended while one of them was being stored.

A batch on which the engine crashes, or for which the kernel kills the process, would be tried at every
start and never let one come up. So a segment of an earlier process is noted here when it is handed out,
and struck off when it is released or the process ends in order. One that is found noted `MOST` times
is set aside at the start.

The notes are a hint, not a promise: a start whose file is lost or damaged counts from 0.

Next chapter: `prologue.buffer.recovery`, which reads them.
"""

from __future__ import annotations

import logging
from pathlib import Path

from prologue.buffer.filesystem import FileSystem
from prologue.buffer.statefile import StateDamaged, load_state, save_state

MAGIC = b"PRLGTRY1"
FILE_NAME = "attempts"
MOST = 5
"""Not one or two: a process is also killed for other reasons, and then the batch is innocent."""

logger = logging.getLogger(__name__)


class Attempts:
    """Not thread-safe: recovery uses it, then the buffer under its lock of releases."""

    def __init__(self, filesystem: FileSystem, directory: Path) -> None:
        self._filesystem = filesystem
        self._path = directory / FILE_NAME
        self._ends: dict[int, int] = {}  # sequence: how often a process ended with it
        self._noted: set[int] = set()

    def load(self) -> None:
        try:
            self._ends = load_state(self._filesystem, self._path, MAGIC, dict[int, int]) or {}
        except (StateDamaged, OSError) as error:
            logger.warning("cannot read %s, so attempts are counted anew: %s", self._path, error)

    def hopeless(self, sequence: int) -> bool:
        return self._ends.get(sequence, 0) >= MOST

    def begin(self, sequence: int) -> None:
        """A segment of an earlier process is handed out: should this one end now, that was one more."""
        self._noted.add(sequence)
        self._ends[sequence] = self._ends.get(sequence, 0) + 1
        self._save()

    def end(self, sequence: int) -> None:
        """It is stored, or set aside."""
        if self._ends.pop(sequence, None) is not None:
            self._noted.discard(sequence)
            self._save()

    def close(self) -> None:
        """The process ends in order: what is noted is not to blame."""
        if self._noted:
            for sequence in self._noted:
                self._ends[sequence] -= 1
            self._noted.clear()
            self._save()

    def _save(self) -> None:
        try:
            if any(self._ends.values()):
                save_state(self._filesystem, self._path, MAGIC, self._ends)
            else:
                self._filesystem.unlink(self._path)
        except OSError as error:
            logger.warning("cannot save %s: %s", self._path, error.strerror)
