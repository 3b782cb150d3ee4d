"""Group commit: the one place where a payload becomes durable, and where it fails to.

`Committer` has no threads and no locks; one thread drives it. `commit` takes the payloads that wait,
stores them with one write and one fdatasync, and says what became of each. What can go wrong:

- No space (ENOSPC, EDQUOT) while writing: the file is cut back to its durable length and stays in
  use; every payload of the batch fails with `BufferFull`.
- Any other error while writing: the payloads fail, the segment is sealed at its durable length.
- Any error while syncing: the same, and the file is never synced again. What of the batch reached
  the disk is unknown, so it is cut off; should it come back after a loss of power, the next segment's
  header says that it was never acknowledged.

Next chapter: `prologue.buffer.disk`, the threads around it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from prologue.buffer.filesystem import NO_SPACE, FileSystem
from prologue.buffer.frame import EncodedPayload
from prologue.buffer.limits import disk_full
from prologue.buffer.recovery import Recovered
from prologue.buffer.segment import DiskSegment, OpenSegment
from prologue.model.errors import PositionConflict, PrologueError, TemporaryError
from prologue.model.payload import Receipt, SourcePosition

HELD_ALREADY = Receipt(segment=-1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """A payload between `append` and its acknowledgement."""

    encoded: EncodedPayload
    position: SourcePosition | None
    received_ns: int
    future: Future[Receipt]


@dataclass(slots=True)
class Outcome:
    """What became of a batch. Futures are resolved by the driver, after it has counted."""

    stored: list[tuple[Pending, Receipt]] = field(default_factory=list)
    held: list[Pending] = field(default_factory=list)
    failed: list[tuple[Pending, PrologueError]] = field(default_factory=list)
    sealed: DiskSegment | None = None
    disk_full: bool = False


class Committer:
    """Owns the open segment."""

    def __init__(
        self,
        filesystem: FileSystem,
        directory: Path,
        recovered: Recovered,
        monotonic: Callable[[], float],
    ) -> None:
        self._filesystem = filesystem
        self._directory = directory
        self._positions = recovered.positions
        self._sequence = recovered.sequence
        self._quarantine = recovered.quarantine
        self._previous = recovered.newest  # sequence and length of the newest segment on disk
        self._monotonic = monotonic
        self.open: OpenSegment | None = None
        self.fsyncs = 0

    def commit(self, batch: list[Pending]) -> Outcome:
        """Make a batch durable in the open segment, which is created where there is none."""
        outcome = Outcome()
        to_store = self._admit(batch, outcome)
        if not to_store:
            return outcome
        try:
            self._store(to_store, outcome)
        except OSError as error:
            self._fail(error, to_store, outcome)
        return outcome

    def seal(self) -> DiskSegment | None:
        """Close the open segment; None where nothing durable is in it (its file is then gone)."""
        segment, self.open = self.open, None
        if segment is None:
            return None
        self._previous = (segment.sequence, segment.acknowledged_bytes)
        try:
            segment.close()
            if segment.length == 0:
                self._filesystem.unlink(segment.path)
        except OSError as error:
            # All that counts is synced already; recovery removes a file in which nothing counts.
            logger.warning("cannot close %s: %s", segment.path, error.strerror)
        return segment.sealed(self._quarantine) if segment.length else None

    def _admit(self, batch: list[Pending], outcome: Outcome) -> list[Pending]:
        ends: dict[str, int] = {}
        to_store = []
        for pending in batch:
            try:
                if pending.position is None or self._positions.admit(pending.position, ends):
                    to_store.append(pending)
                else:
                    outcome.held.append(pending)
            except PositionConflict as conflict:
                outcome.failed.append((pending, conflict))
        return to_store

    def _store(self, batch: list[Pending], outcome: Outcome) -> None:
        if self.open is None:
            self.open = self._create()
        segment = self.open
        length = segment.write([pending.encoded for pending in batch], self._previous)
        try:
            self.fsyncs += 1
            segment.sync(length, len(batch))
        except OSError as error:
            raise _SyncFailed(error.errno, error.strerror) from error
        segment.received_ns = segment.received_ns or batch[0].received_ns
        segment.weight += sum(pending.encoded.weight for pending in batch)
        stored = [pending.position for pending in batch if pending.position is not None]
        if stored:
            self._positions.advance(stored)
            segment.positions_version = self._positions.version
        receipt = Receipt(segment.sequence)
        outcome.stored = [(pending, receipt) for pending in batch]

    def _create(self) -> OpenSegment:
        return OpenSegment(self._filesystem, self._directory, self._sequence.take(), self._monotonic())

    def _fail(self, error: OSError, batch: list[Pending], outcome: Outcome) -> None:
        """Tell every sender, those of repetitions too: what they repeat is not durable after all."""
        outcome.disk_full = error.errno in NO_SPACE
        reason = self._reason(error)
        for pending in [*batch, *outcome.held]:
            if pending.position is not None and self._positions.covers(pending.position):
                continue
            outcome.failed.append((pending, reason))
            if pending.position is not None:
                self._positions.failed(pending.position)
        told = {pending for pending, _ in outcome.failed}
        outcome.held = [pending for pending in outcome.held if pending not in told]
        if not (self._cut() and outcome.disk_full and not isinstance(error, _SyncFailed)):
            outcome.sealed = self.seal()

    def _cut(self) -> bool:
        if self.open is None:
            return False
        try:
            self.open.cut()
        except OSError as error:
            # The segment is sealed then, at its durable length; what lies beyond it never counts.
            logger.warning("cannot cut %s back: %s", self.open.path, error.strerror)
            return False
        return True

    def _reason(self, error: OSError) -> TemporaryError:
        if error.errno in NO_SPACE:
            logger.error("the disk of the buffer directory %s is full", self._directory)
            return disk_full(self._directory)
        what = "synced to" if isinstance(error, _SyncFailed) else "written to"
        logger.error("a batch could not be %s %s: %s", what, self._directory, error.strerror)
        return TemporaryError(
            f"the payload could not be {what} the buffer's disk: {error.strerror}",
            cure=f"check the disk that holds {self._directory}, then send again",
        )


class _SyncFailed(OSError):
    """A failed sync, apart from a failed write: after it the file cannot be trusted with more."""
