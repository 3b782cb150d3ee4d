"""How far each replayable source is held durably, so that the same bytes are stored once.

The truth is in the frames; this is its summary. It is rebuilt at recovery from the frames of the
remaining segments and from the file `positions`, which is saved before a segment whose frames are
newer than it is deleted.

Joining: what ends at or before a source's position is held already. What starts before it and ends
after it cannot be stored without repeating bytes. What follows bytes of the same source that could
not be stored must wait until they are, or their retry would look like a repetition and be lost: a
failed payload leaves a *hole*, and only what starts at or before the hole may fill it.

Sources come and go by the thousand (a file's incarnation is one), so those that nobody wrote to or
asked about for `forget_after` seconds are left out of the next save.

Next chapter: `prologue.buffer.commit`, which asks `admit` of every payload.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from prologue.buffer.filesystem import FileSystem
from prologue.buffer.statefile import load_state, save_state
from prologue.model.errors import PositionConflict
from prologue.model.payload import SourcePosition

MAGIC = b"PRLGPOS1"
FILE_NAME = "positions"

logger = logging.getLogger(__name__)


class Positions:
    """Thread-safe. `version` counts advances, so that a saver knows what a save covers."""

    def __init__(self, unix_ns: Callable[[], int], forget_after: float) -> None:
        self._lock = threading.Lock()
        self._unix_ns = unix_ns
        self._forget_after_ns = int(forget_after * 1e9)
        self._held: dict[str, tuple[int, int]] = {}  # source: (end, Unix time in ns of its last use)
        self._holes: dict[str, int] = {}  # source: first byte that could not be stored
        self.version = 0
        self.saved_version = 0

    def __len__(self) -> int:
        return len(self._held)

    def durable(self, source: str) -> int:
        """The byte offset up to which the source is held, 0 where it is unknown. Asking is a use."""
        with self._lock:
            held = self._held.get(source)
            if held is None:
                return 0
            self._held[source] = (held[0], self._unix_ns())
            return held[0]

    def covers(self, position: SourcePosition) -> bool:
        """Whether all bytes of the payload are held durably."""
        held = self._held.get(position.source)
        return held is not None and position.end <= held[0]

    def admit(self, position: SourcePosition, batch: dict[str, int]) -> bool:
        """Whether to store a payload: False where it is held, or will be with the batch.

        `batch` maps the sources of the batch being made to their ends so far, and gains this one.
        Raises `PositionConflict` where the payload does not join.
        """
        source, start, end = position.source, position.start, position.end
        with self._lock:
            held = max(self._held.get(source, (0, 0))[0], batch.get(source, 0))
            hole = self._holes.get(source)
            if end <= held:
                return False
            if hole is not None and start > hole and batch.get(source, -1) <= hole:
                raise PositionConflict(
                    f"bytes {hole} to {start} of {source} were sent before and could not be stored",
                    source=source,
                    resume_at=hole,
                )
            if start < held:
                self._holes[source] = held if hole is None else min(hole, held)
                raise PositionConflict(
                    f"bytes {start} to {end} of {source} overlap what is held of it, up to {held}",
                    source=source,
                    resume_at=held,
                )
            batch[source] = end
            return True

    def advance(self, stored: Iterable[SourcePosition]) -> None:
        """These payloads are durable now."""
        now = self._unix_ns()
        with self._lock:
            for position in stored:
                end = max(position.end, self._held.get(position.source, (0, 0))[0])
                self._held[position.source] = (end, now)
                if self._holes.get(position.source, end) < end:
                    del self._holes[position.source]
                self.version += 1

    def failed(self, position: SourcePosition) -> None:
        """This payload was offered and is not durable: what follows it must wait for its retry."""
        with self._lock:
            held = self._held.get(position.source, (0, 0))[0]
            if position.end > held:
                start = max(position.start, held)
                self._holes[position.source] = min(start, self._holes.get(position.source, start))

    def save(self, filesystem: FileSystem, directory: Path) -> None:
        """Save all that is durable now, without what is to be forgotten. Raises `OSError`."""
        oldest = self._unix_ns() - self._forget_after_ns
        with self._lock:
            version = self.version
            forgotten = [source for source, held in self._held.items() if held[1] < oldest]
            for source in forgotten:
                del self._held[source]
            held = dict(self._held)
        if forgotten:
            logger.info("forgot the positions of %d sources that were not used any more", len(forgotten))
        save_state(filesystem, directory / FILE_NAME, MAGIC, held)
        self.saved_version = version

    def load(self, filesystem: FileSystem, directory: Path) -> None:
        """Add what was saved. Raises `StateDamaged`, or `OSError`."""
        saved = load_state(filesystem, directory / FILE_NAME, MAGIC, dict[str, tuple[int, int]])
        with self._lock:
            for source, held in (saved or {}).items():
                self._held[source] = max(held, self._held.get(source, (0, 0)))
