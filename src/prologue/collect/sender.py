"""From a chunk to an acknowledgement: back-pressure, retries, and the bound on memory.

A file has one chunk on its way at most. That keeps its positions contiguous in the sink whatever
fails, and makes files fair to each other. The bytes stay in memory until they are acknowledged,
because the file may be truncated meanwhile; `max_in_flight_bytes` bounds their sum.

Futures resolve in the sink's threads; `_done` only notes it and wakes the loop.

Next chapter: `prologue.collect.tailer`, the loop that calls this.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial

from prologue.collect.chunks import Framing
from prologue.collect.context import Context
from prologue.collect.encoding import to_utf8
from prologue.collect.file import Chunk, TailedFile
from prologue.collect.kind import Found
from prologue.collect.settings import KIB, CollectSettings
from prologue.model.errors import BufferFull, PayloadTooLarge, PositionConflict, PrologueError
from prologue.model.multiline import PARAM, to_param
from prologue.model.payload import Payload, PayloadFormat, Receipt, SourcePosition


class Backoff:
    """Exponential, with jitter between half and one and a half times, bounded."""

    def __init__(self, context: Context) -> None:
        self._low, self._high = context.settings.backoff_min_s, context.settings.backoff_max_s
        self._rng = context.rng
        self._attempts = 0
        self.until = 0.0

    def fail(self, now: float, hint: float = 0.0) -> None:
        """`hint` is what the other side asked us to wait, in seconds."""
        delay = max(self._low * 2 ** min(self._attempts, 16), min(hint, self._high))
        self.until = now + min(delay, self._high) * (0.5 + self._rng.random())
        self._attempts += 1

    def succeed(self) -> None:
        self._attempts = 0


def plain_params(settings: CollectSettings) -> dict[str, str]:
    """How to read lines of text: their time may stand at their start, in this machine's zone."""
    return {"timestamp": "detect", "time_zone": settings.time_zone}


class Sender:
    """Takes chunks of files to the sink. Not thread-safe but for `_done`."""

    def __init__(self, context: Context, wake: Callable[[], None]) -> None:
        self._sink = context.sink
        self._settings = context.settings
        self._clock = context.clock
        self._wake = wake
        self._done_queue: deque[tuple[TailedFile, Future[Receipt]]] = deque()
        self.backoff = Backoff(context)
        self.in_flight_bytes = 0
        self.in_flight = 0
        self.acked_bytes = 0
        self.acked_payloads = 0
        self.retries = 0

    def is_open(self, now: float) -> bool:
        return now >= self.backoff.until

    def has_room(self) -> bool:
        return self.in_flight_bytes < self._settings.max_in_flight_bytes

    def send(self, file: TailedFile, chunk: Chunk, now: float) -> None:
        file.pending = Payload(
            tenant=self._settings.tenant,
            format=PayloadFormat.LINES,
            data=self._as_utf8(file, chunk),
            received_ns=self._clock(),
            labels=file.found.labels,
            params=self._params(file.found),
            position=SourcePosition(file.source, chunk.start, chunk.end),
        )
        self.in_flight_bytes += len(file.pending.data)
        self.resend(file, now)

    @staticmethod
    def _as_utf8(file: TailedFile, chunk: Chunk) -> bytes:
        encoding = file.found.encoding
        return to_utf8(chunk.data, encoding, is_start=not chunk.start) if encoding else chunk.data

    def _params(self, found: Found) -> dict[str, str]:
        """How to read the lines; plain ones say their own time at their start, in this machine's zone."""
        plain = found.framing is Framing.PLAIN
        params = plain_params(self._settings) if plain else {"framing": found.framing.value}
        return params if found.multiline is None else {**params, PARAM: to_param(found.multiline)}

    def resend(self, file: TailedFile, now: float) -> None:
        """Hand the file's pending payload to the sink (again)."""
        assert file.pending is not None
        try:
            future = self._sink.append(file.pending)
        except PrologueError as error:
            self._failed(file, error, now)
            return
        file.in_flight = True
        self.in_flight += 1
        future.add_done_callback(partial(self._done, file))

    def settled(self, now: float) -> Iterator[TailedFile]:
        """The files whose payload was answered since the last call, for better or worse."""
        while self._done_queue:
            file, future = self._done_queue.popleft()
            file.in_flight = False
            self.in_flight -= 1
            error = future.exception()
            if error is None:
                self._acknowledged(file)
            else:
                self._failed(file, error, now)
            yield file

    def forget(self, file: TailedFile) -> None:
        """The file's pending payload will not be sent."""
        if file.pending is not None:
            self.in_flight_bytes -= len(file.pending.data)
            file.pending = None

    def _done(self, file: TailedFile, future: Future[Receipt]) -> None:
        self._done_queue.append((file, future))
        self._wake()

    def _acknowledged(self, file: TailedFile) -> None:
        assert file.pending is not None
        size = len(file.pending.data)
        self.in_flight_bytes -= size
        self.acked_bytes += size
        self.acked_payloads += 1
        self.backoff.succeed()
        file.error = ""
        file.acked_bytes += size
        file.acknowledge()

    def _failed(self, file: TailedFile, error: BaseException, now: float) -> None:
        """Keep the payload and wait, or, where the sink says so, read again from elsewhere."""
        self.retries += 1
        file.retries += 1
        cure = getattr(error, "cure", "")
        file.error = f"not taken yet, tried again: {error}" + (f"; {cure}" if cure else "")
        if isinstance(error, PositionConflict):
            self.forget(file)
            file.move_to(error.resume_at)
        elif isinstance(error, PayloadTooLarge):
            self.forget(file)
            file.limit = max(KIB, error.limit // 2)
            file.rewind(file.acked)
        self.backoff.fail(now, error.retry_after if isinstance(error, BufferFull) else 0.0)
