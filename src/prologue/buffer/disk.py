"""The disk buffer: `PayloadSink` for the ways in, `PayloadSource` for the writer.

    sender threads          committer thread               writer thread
    append: encode,    ->   one write and one fdatasync ->  take: a sealed segment
    check limits, queue     for all that wait; then the     release: positions saved,
                            futures; then seal?             file deleted

One lock guards the queue, the sealed segments and the counters; nothing is read, written or synced
under it. Sealing adapts: while the consumer keeps up, a segment is sealed `seal_after` seconds after
its first payload, so latency is low; while sealed segments wait, the open one grows until it is full,
so that a consumer that is behind gets big batches.

The guarantees, and what an operator sees of them: `docs/buffer.md`. Next chapter:
`prologue.pipeline`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from prologue.buffer.attempts import MOST, Attempts
from prologue.buffer.commit import HELD_ALREADY, Committer, Outcome, Pending
from prologue.buffer.filesystem import NO_SPACE, FileSystem, make_directory
from prologue.buffer.frame import MAX_DATA_BYTES, encode_payload
from prologue.buffer.limits import Load, disk_full, refusal
from prologue.buffer.lock import DirectoryLock
from prologue.buffer.positions import Positions
from prologue.buffer.quarantine import Quarantine, Quarantined
from prologue.buffer.recovery import Recovered, Recovery
from prologue.buffer.reserve import Reserve
from prologue.buffer.segment import DiskSegment
from prologue.buffer.sequence import Sequence
from prologue.buffer.setaside import SetAside
from prologue.buffer.settings import Backlog, BufferSettings, BufferStats
from prologue.buffer.shelf import Shelf
from prologue.model.errors import PayloadTooLarge, TemporaryError
from prologue.model.payload import Payload, Receipt, Segment

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a buffer uses of the world; tests put their own in. `on_damage` must not block."""

    filesystem: FileSystem = field(default_factory=FileSystem)
    monotonic: Callable[[], float] = time.monotonic
    unix_ns: Callable[[], int] = time.time_ns
    on_damage: Callable[[Quarantined], None] | None = None


@dataclass(slots=True)
class _Counters:
    appended_payloads: int = 0
    appended_bytes: int = 0
    duplicate_payloads: int = 0
    refused_payloads: int = 0
    failed_payloads: int = 0


class DiskBuffer:
    """A durable queue of payloads in one directory, which it locks.

    Construction recovers what an earlier process left. New segments get sequence numbers above
    `above`: the writer passes the highest it has stored, so that a directory that was wiped does not
    begin again with numbers the store knows. Raises `ConfigError` where the directory is in use,
    `TemporaryError` where it cannot be used. Close it, or use it as a context manager.
    """

    def __init__(
        self,
        directory: Path,
        settings: BufferSettings | None = None,
        surroundings: Surroundings | None = None,
        *,
        above: int = 0,
    ) -> None:
        self._directory = directory
        self._settings = settings or BufferSettings()
        self._world = surroundings or Surroundings()
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)  # for the committer
        self._change = threading.Condition(self._lock)  # for takers, `flush` and `close`
        self._release_lock = threading.Lock()
        self._waiting: deque[Pending] = deque()
        self._waiting_bytes = 0
        self._batch: list[Pending] = []  # taken from the queue, not resolved yet
        self._open_bytes = 0
        self._open_received_ns = 0
        self._flushers = 0
        self._accepting = True
        self._closed = False
        self._failure: Exception | None = None
        self._missing_bytes = 0  # what did not fit on the full disk; 0 while it is not full
        self._next_probe = 0.0
        self._counters = _Counters()
        self._open_directory(above)
        self._set_aside_hopeless()
        self._thread = threading.Thread(target=self._run, name="buffer-commit", daemon=True)
        self._thread.start()

    def _open_directory(self, above: int) -> None:
        directory = self._directory
        try:
            make_directory(self._world.filesystem, directory)
            self._directory_lock = DirectoryLock(directory)
            try:
                self._recover(above)
            except BaseException:
                self._directory_lock.release()
                raise
        except OSError as error:
            raise TemporaryError(
                f"the buffer directory {directory} cannot be used: {error.strerror}",
                cure=f"make {directory} a writable directory on a sound disk with space, then start again",
            ) from error

    def _recover(self, above: int) -> None:
        world, directory = self._world, self._directory
        recovered = Recovered(
            Positions(world.unix_ns, self._settings.forget_sources_after),
            Sequence(world.filesystem, directory, world.unix_ns),
            Quarantine(world.filesystem, directory, world.on_damage),
        )
        Recovery(world.filesystem, directory, recovered).run()
        recovered.sequence.used(above)
        self._positions, self._quarantine = recovered.positions, recovered.quarantine
        self._sequence = recovered.sequence
        self._torn_bytes = recovered.torn_bytes
        self._newest_recovered = recovered.newest[0]
        self._set_aside = SetAside(world.filesystem, directory)
        self._attempts = Attempts(world.filesystem, directory)
        self._attempts.load()
        self._shelf = Shelf(recovered.segments)
        self._committer = Committer(world.filesystem, directory, recovered, world.monotonic)
        self._reserve = Reserve(world.filesystem, directory, self._settings.reserve_bytes)
        if not self._reserve.has_room(1):
            self._missing_bytes = 1

    def _set_aside_hopeless(self) -> None:
        """Not again what several processes in a row did not survive."""
        while (segment := self._shelf.first(self._attempts.hopeless)) is not None:
            try:
                self.set_aside(segment, f"the process ended {MOST} times while it was being stored")
            except TemporaryError as error:
                logger.error("batch %d is tried again: %s", segment.batch_id, error.message)
                return

    # The ways in

    def append(self, payload: Payload) -> Future[Receipt]:
        """See `PayloadSink.append`. The checksum is computed here, in the sender's thread."""
        future: Future[Receipt] = Future()
        future.set_running_or_notify_cancel()
        if payload.position is not None and self._positions.covers(payload.position):
            with self._lock:
                self._counters.duplicate_payloads += 1
            future.set_result(HELD_ALREADY)
            return future
        limit = min(self._settings.max_bytes, MAX_DATA_BYTES)
        encoded = encode_payload(payload)
        if encoded.frame_bytes > limit:
            raise PayloadTooLarge(limit, setting="buffer.max_bytes")
        pending = Pending(encoded, payload.position, payload.received_ns, future)
        with self._lock:
            refusal = self._refusal(encoded.frame_bytes)
            if refusal is None:
                self._waiting.append(pending)
                self._waiting_bytes += encoded.frame_bytes
                self._work.notify()
                return future
            self._counters.refused_payloads += 1
            if payload.position is not None:
                self._positions.failed(payload.position)
        raise refusal

    def durable_position(self, source: str) -> int:
        return self._positions.durable(source)

    def _refusal(self, size: int) -> TemporaryError | None:
        if self._failure is not None:
            return _stopped(self._failure)
        if not self._accepting:
            return TemporaryError("the buffer is closing", cure="send again when the server is back")
        load = Load(self._waiting_bytes, self._disk_bytes, bool(self._missing_bytes))
        return refusal(size, load, self._settings, self._directory)

    @property
    def _disk_bytes(self) -> int:
        return self._shelf.bytes + self._open_bytes

    # The committer's thread

    def _run(self) -> None:
        try:
            while self._step():
                pass
        except Exception as error:  # a defect here must not leave senders waiting for ever
            logger.exception("the buffer's committer stopped")
            self._stop(error)

    def _step(self) -> bool:
        """Do what is due next, waiting for it. False once closed and everything is committed."""
        with self._lock:
            while not (seal := self._seal_due()) and not self._waiting and not self._probe_due():
                if not self._accepting:
                    return False
                self._work.wait(self._until_next_deadline())
            probe = self._probe_due()
            if not seal:
                self._batch = self._take_batch()
        if probe:
            self._probe()
        if seal:
            self._apply(Outcome(sealed=self._committer.seal()))
        elif self._batch:
            self._apply(self._committer.commit(self._batch))
            if self._open_weight() >= self._settings.segment_bytes:
                self._apply(Outcome(sealed=self._committer.seal()))
        return True

    def _open_weight(self) -> int:
        segment = self._committer.open
        return max(segment.length, segment.weight) if segment is not None else 0

    def _open_length(self) -> int:
        segment = self._committer.open
        return segment.length if segment is not None else 0

    def _seal_due(self) -> bool:
        segment = self._committer.open
        if segment is None or segment.length == 0:
            return False
        if self._flushers or not self._accepting:
            return not self._waiting
        age = self._world.monotonic() - segment.opened_at
        return not self._shelf.waiting and age >= self._settings.seal_after

    def _probe_due(self) -> bool:
        return bool(self._missing_bytes) and self._world.monotonic() >= self._next_probe

    def _until_next_deadline(self) -> float | None:
        """Seconds until time alone makes something due; None where only an event can."""
        deadlines = []
        segment = self._committer.open
        if segment is not None and segment.length and not self._shelf.waiting:
            deadlines.append(segment.opened_at + self._settings.seal_after)
        if self._missing_bytes:
            deadlines.append(self._next_probe)
        return max(0.0, min(deadlines) - self._world.monotonic()) if deadlines else None

    def _take_batch(self) -> list[Pending]:
        """As many waiting payloads as bring the open segment to its size."""
        room = self._settings.segment_bytes - self._open_weight()
        batch: list[Pending] = []
        while self._waiting and (room > 0 or not batch):
            batch.append(self._waiting.popleft())
            room -= batch[-1].encoded.weight
        return batch

    def _probe(self) -> None:
        try:
            room = self._reserve.has_room(self._missing_bytes)
        except OSError as error:
            logger.warning("cannot probe the disk of %s for space: %s", self._directory, error.strerror)
            room = False
        with self._lock:
            self._next_probe = self._world.monotonic() + self._settings.probe_interval
            if room:
                self._missing_bytes = 0
                logger.info("the disk of the buffer directory %s has space again", self._directory)

    def _apply(self, outcome: Outcome) -> None:
        """Count what became of a batch, hand on what was sealed, then resolve the futures."""
        with self._lock:
            batch, self._batch = self._batch, []
            self._waiting_bytes -= sum(pending.encoded.frame_bytes for pending in batch)
            if outcome.disk_full:
                self._enter_disk_full(batch, outcome)
            self._count(outcome)
            if outcome.sealed is not None:
                self._shelf.add(outcome.sealed)
            segment = self._committer.open
            self._open_bytes = self._open_length()
            self._open_received_ns = segment.received_ns if segment is not None else 0
            self._change.notify_all()
        _resolve(outcome)

    def _count(self, outcome: Outcome) -> None:
        counters = self._counters
        counters.appended_payloads += len(outcome.stored)
        counters.appended_bytes += sum(pending.encoded.frame_bytes for pending, _ in outcome.stored)
        counters.duplicate_payloads += len(outcome.held)
        counters.failed_payloads += len(outcome.failed)

    def _enter_disk_full(self, batch: list[Pending], outcome: Outcome) -> None:
        """Everything that waits fails with the batch: its senders hold it and can wait better."""
        self._missing_bytes = max(1, sum(pending.encoded.frame_bytes for pending in batch))
        self._next_probe = self._world.monotonic() + self._settings.probe_interval
        reason = disk_full(self._directory)
        for pending in self._waiting:
            outcome.failed.append((pending, reason))
            if pending.position is not None:
                self._positions.failed(pending.position)
        self._waiting.clear()
        self._waiting_bytes = 0

    def _stop(self, error: Exception) -> None:
        reason = _stopped(error)
        with self._lock:
            self._failure, self._accepting = error, False
            unresolved = [*self._batch, *self._waiting]
            self._batch, self._waiting_bytes = [], 0
            self._waiting.clear()
            self._counters.failed_payloads += len(unresolved)
            self._change.notify_all()
        for pending in unresolved:
            if not pending.future.done():
                pending.future.set_exception(reason)

    # The writer

    def take(self, timeout: float) -> Segment | None:
        """See `PayloadSource.take`."""
        with self._lock:
            self._change.wait_for(lambda: self._shelf.waiting or self._closed, timeout)
            if self._closed:
                return None
            self._work.notify()  # perhaps nothing waits for the consumer any more: time may seal again
            segment = self._shelf.take()
        if segment is not None and segment.sequence <= self._newest_recovered:
            with self._release_lock:
                self._attempts.begin(segment.sequence)
        return segment

    def release(self, segment: Segment) -> None:
        """See `PayloadSource.release`."""
        self._part_with(segment, self._quarantine.remove)

    def set_aside(self, segment: Segment, reason: str) -> None:
        """See `PayloadSource.set_aside`."""
        self._part_with(segment, lambda path: self._set_aside.keep(path, reason))
        logger.error(
            "batch %d is not stored, its %d bytes are kept in %s: %s; cure: mend that, stop, "
            "`prologue replay`, start",
            segment.batch_id,
            segment.bytes,
            self._set_aside.folder,
            reason,
        )

    def _part_with(self, segment: Segment, how: Callable[[Path], None]) -> None:
        with self._release_lock:
            with self._lock:
                if self._closed:
                    raise TemporaryError(
                        f"the buffer is closed; segment {segment.sequence} is handed out again at the next "
                        "start",
                        cure="release segments before the buffer is closed",
                    )
                held = self._shelf.find(segment.sequence)
            if held is None:
                return
            try:
                if held.positions_version > self._positions.saved_version:
                    self._save_positions()
                how(held.path)
            except OSError as error:
                raise TemporaryError(
                    f"segment {held.sequence} cannot be released: {error.strerror}",
                    cure=f"check the disk that holds {self._directory}; the release is to be tried again",
                ) from error
            self._forget(held)
            self._attempts.end(held.sequence)

    def _save_positions(self) -> None:
        try:
            self._positions.save(self._world.filesystem, self._directory)
        except OSError as error:
            if error.errno not in NO_SPACE:
                raise
            self._reserve.give_up()
            self._positions.save(self._world.filesystem, self._directory)

    def _forget(self, segment: DiskSegment) -> None:
        with self._lock:
            self._shelf.release(segment)
            self._next_probe = self._world.monotonic()
            self._work.notify()
            self._change.notify_all()

    # Its life

    def flush(self, timeout: float) -> None:
        """Commit what waits and seal it, so that `take` has it. Raises `TemporaryError` after
        `timeout` seconds."""
        with self._lock:
            self._flushers += 1
            self._work.notify()
            done = self._change.wait_for(lambda: self._is_flushed() or self._failure, timeout)
            self._flushers -= 1
        if self._failure is not None:
            raise _stopped(self._failure)
        if not done:
            raise TemporaryError(
                f"the buffer was not flushed within {timeout} s", cure="look at the disk's load"
            )

    def _is_flushed(self) -> bool:
        return not self._waiting and not self._batch and not self._open_bytes

    def close(self, drain_timeout: float = 0.0) -> int:
        """Refuse appends, commit all that waits, seal, then wait up to `drain_timeout` seconds for the
        writer to take and release. Answers how many segments are left for the next start."""
        with self._lock:
            self._accepting = False
            self._work.notify()
        self._thread.join()
        with self._lock:
            self._change.wait_for(lambda: not len(self._shelf), drain_timeout)
        with self._release_lock, self._lock:
            if not self._closed:
                self._closed = True
                self._give_back()
            self._change.notify_all()
            return len(self._shelf)

    def _give_back(self) -> None:
        try:
            self._sequence.close()
        except OSError as error:
            # The reservation stands: some numbers are skipped, which is all that is lost.
            logger.warning("cannot save the next sequence in %s: %s", self._directory, error.strerror)
        self._attempts.close()
        self._directory_lock.release()

    def __enter__(self) -> DiskBuffer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def to_replay(self) -> Backlog:
        """What an earlier process left and is not released yet."""
        with self._lock:
            return self._shelf.backlog(self._newest_recovered)

    def stats(self) -> BufferStats:
        """A consistent snapshot; cheap enough for every scrape."""
        with self._lock:
            oldest = self._shelf.oldest
            oldest_ns = oldest.received_ns if oldest else self._open_received_ns
            counters = self._counters
            return BufferStats(
                bytes=self._disk_bytes,
                segments=len(self._shelf) + (self._open_bytes > 0),
                waiting=len(self._waiting) + len(self._batch),
                waiting_bytes=self._waiting_bytes,
                oldest_age=max(0.0, (self._world.unix_ns() - oldest_ns) / 1e9) if oldest_ns else 0.0,
                sources=len(self._positions),
                disk_full=bool(self._missing_bytes),
                appended_payloads=counters.appended_payloads,
                appended_bytes=counters.appended_bytes,
                duplicate_payloads=counters.duplicate_payloads,
                refused_payloads=counters.refused_payloads,
                failed_payloads=counters.failed_payloads,
                fsyncs=self._committer.fsyncs,
                quarantined_frames=self._quarantine.frames,
                quarantined_bytes=self._quarantine.bytes,
                torn_bytes=self._torn_bytes,
                set_aside_segments=self._set_aside.count,
            )


def _resolve(outcome: Outcome) -> None:
    for pending, receipt in outcome.stored:
        pending.future.set_result(receipt)
    for pending in outcome.held:
        pending.future.set_result(HELD_ALREADY)
    for pending, error in outcome.failed:
        pending.future.set_exception(error)


def _stopped(error: Exception) -> TemporaryError:
    return TemporaryError(f"the buffer stopped: {error!r}", cure="restart; report this: it is a defect")
