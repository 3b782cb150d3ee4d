"""From the buffer to the store: take a segment, parse it, insert it once, release it.

Each writer has a thread, because parsing one batch keeps the cores busy that inserting another leaves
idle. A segment is released only when the engine holds every line of it; until then it stays in the
buffer, so whatever goes wrong here costs time, never lines:

- The engine is away, out of memory or out of disk: the same segment is tried again, with growing
  pauses, for as long as it takes. Meanwhile the buffer fills and the ways in push back.
- A group of payloads cannot be parsed: each is tried alone, and one that still fails is stored whole,
  line by line, with the reason (`prologue.parse.whole`).
- A defect of ours: as if the engine were away, with its place in the log.
- A stop in the middle: the segment comes again at the next start and is written with `recover`.

Next chapter: `prologue.store.writer`, how once is exactly once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prologue.model.errors import EngineError, PayloadError, PrologueError
from prologue.model.payload import Payload, PayloadSource, Segment
from prologue.parse import catalog, whole
from prologue.parse.columns import ParseOptions
from prologue.parse.job import ParseJob
from prologue.pipeline.progress import Progress
from prologue.store.engine import Source
from prologue.store.stage import Stage
from prologue.store.writer import LogWriter
from prologue.telemetry import metrics

logger = logging.getLogger(__name__)

_TAKE_SECONDS = 0.5
# Trying again would end the same way.
_UNREADABLE = (EngineError, PayloadError)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Pauses between tries of a segment, in seconds: `first`, doubled up to `most`."""

    first: float = 0.2
    most: float = 15.0

    def pause(self, failures: int) -> float:
        """How long to wait after so many failures in a row, counted from 1."""
        return float(min(self.most, self.first * 2 ** min(failures - 1, 16)))


class Ingest:
    """The threads between buffer and store. `start` it once; `stop` drains what is sealed.

    `recover_upto` is the highest batch the engine held at start: a segment above it was not begun.
    """

    def __init__(
        self,
        source: PayloadSource,
        writers: Sequence[LogWriter],
        progress: Progress,
        *,
        options: ParseOptions,
        recover_upto: int,
        retry: RetryPolicy | None = None,
        unix_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._source = source
        self._progress = progress
        self._options = options
        self._recover_upto = recover_upto
        self._retry = retry or RetryPolicy()
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
        while True:
            stopping = self._stopping.is_set()
            if stopping and time.monotonic() >= self._deadline:
                return
            segment = self._take(0.0 if stopping else _TAKE_SECONDS)
            if segment is not None:
                if not self._write_until_done(writer, segment):
                    return
            elif stopping:
                return

    def _take(self, timeout: float) -> Segment | None:
        """The next segment, known to be in flight before another thread can take the one after it."""
        with self._taking:
            segment = self._source.take(timeout)
            if segment is not None:
                self._progress.taken(segment.batch_id)
            return segment

    def _write_until_done(self, writer: LogWriter, segment: Segment) -> bool:
        """Try until the segment is stored and released; False where a stop came first."""
        failures = 0
        while True:
            try:
                self._write(writer, segment, recover=failures > 0 or segment.batch_id <= self._recover_upto)
                return True
            except Exception as error:  # a thread that ends is ingestion that stops while all looks well
                failures += 1
                pause = self._retry.pause(failures)
                self._tell(segment, error, failures, pause)
            if self._give_up(pause):
                return False

    def _tell(self, segment: Segment, error: Exception, failures: int, pause: float) -> None:
        """Say that a batch is not stored yet: an error of ours by its message, a defect with its place."""
        expected = isinstance(error, PrologueError)
        message = error.message if isinstance(error, PrologueError) else f"a defect: {error!r}"
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

    def _write(self, writer: LogWriter, segment: Segment, *, recover: bool) -> None:
        began = time.monotonic()
        payloads = segment.payloads()
        rows = self._parse(writer, payloads)
        try:
            written = writer.commit(segment.batch_id, recover=recover, complete=not segment.damaged)
        finally:
            writer.clear()
        self._source.release(segment)
        self._progress.stored(segment.batch_id, written.inserted, self._unix_ns())
        metrics.INGEST_ROWS.inc(written.inserted)
        metrics.INGEST_BYTES.inc(sum(len(payload.data) for payload in payloads))
        metrics.INGEST_BATCH_SECONDS.observe(time.monotonic() - began)
        if recover:
            logger.info(
                "batch %d recovered: %d lines, %d were missing", segment.batch_id, rows, written.inserted
            )

    def _parse(self, writer: LogWriter, payloads: Sequence[Payload]) -> int:
        groups = catalog.groups(payloads)
        try:
            return writer.parse([self._stage(catalog.parse(group, self._options)) for group in groups])
        except _UNREADABLE as error:
            logger.warning("a batch cannot be parsed in groups, trying each payload alone: %s", error.message)
        return writer.parse([self._parsable(writer, payload) for payload in payloads])

    def _parsable(self, writer: LogWriter, payload: Payload) -> Stage:
        """The payload's stage, or, where the engine cannot read it, its lines whole with the reason."""
        try:
            stage = self._stage(catalog.parse([payload], self._options))
            writer.parse([stage])
        except _UNREADABLE as error:
            metrics.INGEST_UNPARSABLE.labels(payload.format).inc()
            logger.error("a %s payload is kept whole: %s", payload.format, error.message)
            return self._stage(whole.parse(payload, error.message))
        return stage

    @staticmethod
    def _stage(job: ParseJob) -> Stage:
        return Stage(Source(job.format, job.structure, job.data), job.select, job.parameters, job.rows)
