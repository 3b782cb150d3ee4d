"""From the buffer to the store: take a segment, parse it, insert it once, release it.

Each writer has a thread, because parsing one batch keeps the cores busy that inserting another leaves
idle. A segment is released only when the engine holds every line of it; until then it stays in the
buffer, so whatever goes wrong here costs time, never lines:

- The engine is away, out of memory or out of disk: the same segment is tried again, with growing
  pauses, for as long as it takes. Meanwhile the buffer fills and the ways in push back.
- A group of payloads cannot be parsed: what is wrong is found (`isolate.py`), and a payload that fails
  alone is stored whole, line by line, with the reason (`prologue.parse.whole`).
- The engine refuses the batch itself, or there is a defect of ours: tried again like the first. After
  eight refusals, if the engine takes other lines, the insert is rehearsed piece by piece, and payloads
  that fail are stored whole. If even that is refused the batch is set aside in the buffer, and those
  after it go on.
- A stop in the middle: the segment comes again at the next start and is written with `recover`.

Next chapter: `prologue.store.writer`, how once is exactly once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from prologue.model.errors import EngineError, PayloadError, PrologueError, TemporaryError
from prologue.model.payload import Payload, PayloadFormat, PayloadSource, Segment
from prologue.parse import catalog, whole
from prologue.parse.columns import ParseOptions
from prologue.pipeline.formats import ReadyPipelines
from prologue.pipeline.isolate import Piece, pieces, told
from prologue.pipeline.parsing import Parsers, Tally
from prologue.pipeline.progress import Progress
from prologue.pipeline.staging import staged
from prologue.store.engine import Engine
from prologue.store.stage import Rows, Stage
from prologue.store.writer import LogWriter
from prologue.telemetry import metrics

logger = logging.getLogger(__name__)

_TAKE_SECONDS = 0.5
# After so long without a batch what was kept for the next one is given back.
_REST_SECONDS = 5.0
# Trying again would end the same way.
_UNREADABLE = (EngineError, PayloadError)
# In a row; with `RetryPolicy` about half a minute.
_REFUSALS = 8
_SOUND = Payload("default", PayloadFormat.LINES, b"sound\n", 1)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Pauses between tries of a segment, in seconds: `first`, doubled up to `most`."""

    first: float = 0.2
    most: float = 15.0

    def pause(self, failures: int) -> float:
        """How long to wait after so many failures in a row, counted from 1."""
        return float(min(self.most, self.first * 2 ** min(failures - 1, 16)))


@dataclass(frozen=True, slots=True)
class Stored:
    """What one batch came to: rows that are new in the store, bytes of its payloads, when its last try
    began (monotonic), and what the custom parsers did."""

    rows: int
    bytes: int
    began: float
    tallies: Sequence[Tally]


class Ingest:
    """The threads between buffer and store. `start` it once; `stop` drains what is sealed.

    `recover_upto` is the highest batch the engine held at start: a segment above it was not begun.
    `at_rest` is called from a writer's thread when nothing has come for some seconds.
    """

    def __init__(  # noqa: PLR0913 - keyword-only collaborators
        self,
        source: PayloadSource,
        writers: Sequence[LogWriter],
        progress: Progress,
        *,
        options: ParseOptions,
        recover_upto: int,
        parsers: Parsers | None = None,
        ready: ReadyPipelines | None = None,
        retry: RetryPolicy | None = None,
        at_rest: Callable[[], None] = lambda: None,
        unix_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._source = source
        self._progress = progress
        self._options = options
        self._recover_upto = recover_upto
        self._parsers = parsers or Parsers()
        self._ready = ready
        self._retry = retry or RetryPolicy()
        self._at_rest = at_rest
        self._unix_ns = unix_ns
        self._stopping = threading.Event()
        self._deadline = float("inf")
        self._taking = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, args=(writer,), name=f"ingest-{number}", daemon=True)
            for number, writer in enumerate(writers)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float) -> bool:
        """Write what the buffer has sealed, then end; whether that was done within `timeout` seconds.

        What was not written stays in the buffer and is written at the next start.
        """
        self._deadline = time.monotonic() + timeout
        self._stopping.set()
        for thread in self._threads:
            thread.join(max(0.0, self._deadline - time.monotonic()) + 2 * _TAKE_SECONDS)
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, writer: LogWriter) -> None:
        worked: float | None = None  # when a batch was written last, None at rest
        while True:
            stopping = self._stopping.is_set()
            if stopping and time.monotonic() >= self._deadline:
                return
            segment = self._take(0.0 if stopping else _TAKE_SECONDS)
            if segment is not None:
                if not self._write_until_done(writer, segment):
                    return
                worked = time.monotonic()
            elif stopping:
                return
            elif worked is not None and time.monotonic() - worked >= _REST_SECONDS:
                worked = None
                self._rest(writer)

    def _rest(self, writer: LogWriter) -> None:
        try:
            writer.rest()
            self._at_rest()
        except PrologueError as error:
            logger.warning("memory could not be given back: %s", error.message)

    def _take(self, timeout: float) -> Segment | None:
        """The next segment, known to be in flight before another thread can take the one after it."""
        with self._taking:
            segment = self._source.take(timeout)
            if segment is not None:
                self._progress.taken(segment.batch_id)
            return segment

    def _write_until_done(self, writer: LogWriter, segment: Segment) -> bool:
        """Try until the segment is stored, or set aside; False where a stop came first."""
        failures = refusals = 0
        stored: Stored | None = None
        while True:
            recover = failures > 0 or segment.batch_id <= self._recover_upto
            apart = refusals >= _REFUSALS and self._is_well(writer)
            try:
                # Not written again where only the release failed: the segment's file may be gone by then.
                stored = stored or self._write(writer, segment, recover=recover, apart=apart)
                self._source.release(segment)
                self._announce(segment, stored)
                return True
            except Exception as error:  # a thread that ends is ingestion that stops while all looks well
                failures += 1
                refusals = 0 if isinstance(error, TemporaryError) else refusals + 1
                pause = self._retry.pause(failures)
                self._tell(segment, error, failures, pause)
                if apart and refusals and self._set_aside(segment, error):
                    return True
            if self._give_up(pause):
                return False

    def _is_well(self, writer: LogWriter) -> bool:
        """Whether the engine stores a line that nothing is wrong with: if not, no batch is to blame."""
        try:
            writer.parse([staged(whole.parse(_SOUND, ""))])
            writer.rehearse()
            writer.clear()
        except Exception as error:  # as above: this thread must not end
            logger.error("the engine takes no line at all, so no batch is to blame: %s", told(error))
            return False
        return True

    def _set_aside(self, segment: Segment, error: Exception) -> bool:
        """Out of the way with a batch that was refused even payload by payload; False where it cannot be."""
        try:
            self._source.set_aside(segment, told(error))
        except TemporaryError as trouble:
            logger.error("batch %d cannot be set aside: %s", segment.batch_id, trouble.message)
            return False
        metrics.INGEST_SET_ASIDE.inc()
        self._progress.given_up(segment.batch_id)
        return True

    def _tell(self, segment: Segment, error: Exception, failures: int, pause: float) -> None:
        """Say that a batch is not stored yet: an error of ours by its message, a defect with its place."""
        expected, message = isinstance(error, PrologueError), told(error)
        metrics.INGEST_RETRIES.inc()
        self._progress.failed(message)
        logger.error(
            "batch %d is not stored yet (try %d, again in %.1f s): %s",
            segment.batch_id,
            failures,
            pause,
            message,
            exc_info=None if expected else error,
        )

    def _give_up(self, pause: float) -> bool:
        """Wait; whether a stop leaves no time for another try."""
        if self._stopping.wait(pause):
            time.sleep(max(0.0, min(pause, self._deadline - time.monotonic())))
        return time.monotonic() >= self._deadline

    def _write(self, writer: LogWriter, segment: Segment, *, recover: bool, apart: bool) -> Stored:
        began = time.monotonic()
        payloads = segment.payloads()
        rows = self._parse(writer, payloads, apart=apart)
        try:
            tallies = writer.transform(lambda engine: self._transformed(engine, segment.batch_id))
            written = writer.commit(segment.batch_id, recover=recover, complete=not segment.damaged)
        finally:
            writer.clear()
        if recover:
            logger.info(
                "batch %d recovered: %d lines, %d were missing", segment.batch_id, rows, written.inserted
            )
        return Stored(written.inserted, sum(len(payload.data) for payload in payloads), began, tallies)

    def _announce(self, segment: Segment, stored: Stored) -> None:
        """Tell everybody that a batch is in the store and out of the buffer."""
        self._progress.stored(segment.batch_id, stored.rows, self._unix_ns())
        for tally in stored.tallies:
            tally.count()
        metrics.INGEST_ROWS.inc(stored.rows)
        metrics.INGEST_BYTES.inc(stored.bytes)
        metrics.INGEST_BATCH_SECONDS.observe(time.monotonic() - stored.began)

    def _transformed(self, engine: Engine, batch: int) -> tuple[Rows | None, list[Tally]]:
        """The staged batch as the pipelines in force leave it, the user's before the ready-made ones."""
        ready = self._ready
        after = None if ready is None else partial(ready.programs, batch=batch)
        return self._parsers.now.apply(engine, after)

    def _parse(self, writer: LogWriter, payloads: Sequence[Payload], *, apart: bool) -> int:
        """Stage the batch; `apart` tries the insert as well, and blames payloads for whatever fails."""

        def attempt(some: Sequence[Payload]) -> int:
            rows = writer.parse(self._stages(some))
            if apart:
                writer.transform(self._parsers.now.apply)
                writer.rehearse()
            return rows

        if not payloads:
            return writer.parse([])
        found = pieces(payloads, attempt, Exception if apart else _UNREADABLE)
        if len(found) == 1 and found[0].refused is None:
            return found[0].rows
        return writer.parse([stage for piece in found for stage in self._stages_of(piece)])

    def _stages_of(self, piece: Piece) -> list[Stage]:
        """A piece's stages, or, where it is refused, its lines whole with the reason."""
        if piece.refused is None:
            return self._stages(piece.payloads)
        [payload] = piece.payloads
        metrics.INGEST_UNPARSABLE.labels(payload.format).inc()
        logger.error("a %s payload is kept whole: %s", payload.format, piece.refused)
        return [staged(whole.parse(payload, piece.refused))]

    def _stages(self, payloads: Sequence[Payload]) -> list[Stage]:
        return [staged(catalog.parse(group, self._options)) for group in catalog.groups(payloads)]
