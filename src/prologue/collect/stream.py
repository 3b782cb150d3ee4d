"""A pipe: standard input, or what a command writes. It cannot be read again, so what is read must be kept.

One payload is on its way at a time; meanwhile reading goes on up to a chunk, and then stops: the pipe
fills, and whoever writes into it waits. That is the back-pressure, and the bound on memory. Where a disk
spool stands behind the sink, the wait is for the local disk; without one it is for the endpoint.

Where a rule joins lines, a payload ends where the last record begins, and that record is held as a file's is:
until another begins, the stream ends, nothing came for `multiline_wait_s`, or five times that have passed.

Positions count the bytes read since the start under a name of this run, so a payload that is sent twice
is stored once.

Next chapter: `prologue.ship.forward`, which carries on what a disk spool holds.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass

from prologue.collect.chunks import Framing, cut
from prologue.collect.context import Context
from prologue.collect.file import HELD_AT_MOST
from prologue.collect.identity import new_token
from prologue.collect.multiline import cut_records
from prologue.collect.sender import Backoff, plain_params
from prologue.model.errors import BufferFull, PayloadTooLarge, PrologueError
from prologue.model.labels import SERVICE_NAME
from prologue.model.multiline import PARAM, Rule, to_param
from prologue.model.payload import Payload, PayloadFormat, Receipt, SourcePosition

READ_BYTES = 64 * 1024
WAIT_S = 0.05


@dataclass(slots=True)
class StreamCounts:
    """Since the start. `split` counts lines that were cut because they were too long or long unfinished."""

    bytes: int = 0
    acked_bytes: int = 0
    lines: int = 0
    retries: int = 0
    split: int = 0
    error: str = ""


class StreamReader:
    """Reads lines of text from `fd` to its end in the thread that calls `run`; does not close it.

    `rule`, where it is given, says which lines are one record. `echo`, where it is given, gets every chunk as
    it was read, before anything else is done with it.
    """

    def __init__(
        self,
        context: Context,
        fd: int,
        name: str,
        *,
        labels: Mapping[str, str],
        rule: Rule | None = None,
        echo: Callable[[bytes], object] | None = None,
    ) -> None:
        self._sink = context.sink
        self._settings = context.settings
        self._clock = context.clock
        self._monotonic = context.monotonic
        self._backoff = Backoff(context)
        self._rates = context.rates
        self._service = labels.get(SERVICE_NAME, "")
        self._fd = fd
        self._source = f"{name}:{new_token()}"
        self._labels = labels
        self._rule = rule
        self._params = plain_params(context.settings) | ({PARAM: to_param(rule)} if rule is not None else {})
        self._echo = echo
        self._held = bytearray()
        self._held_since = 0.0
        self._grown_at = 0.0
        self._ended = False
        self._limit = 0  # the sink's limit on one payload, once it told us
        self._given_up_at = float("inf")
        self._pending: Payload | None = None
        self._future: Future[Receipt] | None = None
        self.counts = StreamCounts()

    def run(self) -> None:
        """Read until the end of the stream, and until all of it is acknowledged or given up."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        while self._monotonic() < self._given_up_at:
            self._settle()
            if self._pending is None:
                self._begin()
            if self._ended and self._pending is None and not self._held:
                return
            if self._ended or len(self._held) >= self._settings.chunk_bytes:
                self._wait()
            elif poll.poll(1000 * WAIT_S):
                self._read()

    def finish(self, patience: float) -> None:
        """As if the stream ended here: what was read is sent, and waited for `patience` seconds at most.

        A signal handler may call it: no lock is taken. The first call counts.
        """
        self._ended = True
        self._given_up_at = min(self._given_up_at, self._monotonic() + patience)

    def _read(self) -> None:
        data = os.read(self._fd, READ_BYTES)
        if not data:
            self._ended = True
            return
        if self._echo is not None:
            self._echo(data)
        self._grown_at = self._monotonic()
        if not self._held:
            self._held_since = self._grown_at
        self._held += data
        self.counts.bytes += len(data)

    def _begin(self) -> None:
        """Send what is whole, once it is enough or has waited for a tick."""
        held, settings = self._held, self._settings
        waited = self._monotonic() - self._held_since
        enough = len(held) >= settings.chunk_bytes or waited >= settings.tick_s or self._ended
        now = self._monotonic()
        if not held or not enough or now < self._backoff.until or self._rates.wait(self._service, now):
            return
        longest = min(self._limit or settings.chunk_bytes, settings.chunk_bytes)
        piece = bytes(held[:longest])
        lines = cut(piece)
        end = self._before_last_record(piece, lines, now)
        if lines and not end:
            if len(held) <= longest:  # the record may go on
                return
            end, self.counts.split = lines, self.counts.split + 1
        elif not end and (self._ended or self._is_overdue(waited) or len(held) >= settings.max_line_bytes):
            end = len(piece)
            self.counts.split += not self._ended
        elif not end and len(held) > longest:  # a line longer than a chunk
            end = len(piece)
            self.counts.split += 1
        if end:
            self._send(piece[:end])

    def _before_last_record(self, piece: bytes, lines: int, now: float) -> int:
        """Where the record begins that may go on; `lines`, where it is over or nothing joins lines."""
        wait = self._settings.multiline_wait_s
        over = self._ended or now - self._grown_at >= wait or now - self._held_since >= HELD_AT_MOST * wait
        if self._rule is None or not lines or (over and len(piece) == len(self._held)):
            return lines
        return cut_records(piece, lines, Framing.PLAIN, self._rule)

    def _is_overdue(self, waited: float) -> bool:
        patience = self._settings.partial_after_s
        return patience is not None and waited >= patience

    def _send(self, data: bytes) -> None:
        self._rates.charge(self._service, len(data), self._monotonic())
        start = self.counts.acked_bytes
        self._pending = Payload(
            tenant=self._settings.tenant,
            format=PayloadFormat.LINES,
            data=data,
            received_ns=self._clock(),
            labels=self._labels,
            params=self._params,
            position=SourcePosition(self._source, start, start + len(data)),
        )
        del self._held[: len(data)]
        self._held_since = self._monotonic()
        self._offer()

    def _offer(self) -> None:
        assert self._pending is not None
        try:
            self._future = self._sink.append(self._pending)
        except PrologueError as error:
            self._failed(error)

    def _settle(self) -> None:
        """Take the answer to what was sent, or offer it again when its time has come."""
        if self._pending is None:
            return
        if self._future is None:
            if self._monotonic() >= self._backoff.until:
                self._offer()
            return
        if not self._future.done():
            return
        future, self._future = self._future, None
        error = future.exception()
        if error is not None:
            self._failed(error)
            return
        self.counts.acked_bytes += len(self._pending.data)
        self.counts.lines += bytes(self._pending.data).count(b"\n") or 1
        self.counts.error = ""
        self._pending = None
        self._backoff.succeed()

    def _failed(self, error: BaseException) -> None:
        assert self._pending is not None
        self.counts.retries += 1
        self.counts.error = f"not taken yet, tried again: {error}"
        if isinstance(error, PayloadTooLarge):  # take it back, and send less of it
            self._held[:0] = self._pending.data
            self._limit = max(1024, len(self._pending.data) // 2)
            self._pending = None
            return
        hint = error.retry_after if isinstance(error, BufferFull) else 0.0
        self._backoff.fail(self._monotonic(), hint)

    def _wait(self) -> None:
        if self._future is not None:
            wait([self._future], timeout=WAIT_S)
        else:
            time.sleep(WAIT_S)
