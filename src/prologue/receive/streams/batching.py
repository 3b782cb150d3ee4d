"""Records of a listener on their way to the buffer: batched, appended, tried again, counted.

Everything here runs on the thread of the listeners' event loop but `Future` callbacks, which only hand
over to it. A batch is sealed by size and by age and appended. Where the buffer refuses (it is full, the
disk is) the batch is kept and tried again; its senders' receipts wait with it. What is held altogether is
bounded by whoever adds: `crowded` says that connections must not be read and datagrams cannot be kept.

Next chapter: `prologue.buffer`, which makes a payload durable.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

from prologue.model.errors import BufferFull, PrologueError, TemporaryError
from prologue.model.payload import Payload, PayloadSink, Receipt
from prologue.receive.standing import Tally
from prologue.receive.streams.contract import Batch, Listener, Taken
from prologue.telemetry import metrics

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 0.5

Place = tuple[str, str]
"""A tenant and a time zone."""


@dataclass(slots=True)
class _Open:
    """A batch that still grows."""

    received_ns: int
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    records: int = 0
    receipts: list[Callable[[], None]] = field(default_factory=list)


@dataclass(slots=True)
class _Sealed:
    """A batch on its way; it is held until the buffer answered for it."""

    payload: Payload
    size: int
    records: int
    receipts: list[Callable[[], None]]


class Batcher:
    """The batches of one listener. `pressure(True)` is called when they become too many, `pressure(False)`
    when there is room again."""

    def __init__(
        self,
        listener: Listener,
        sink: PayloadSink,
        tally: Tally,
        *,
        clock: Callable[[], int],
        pressure: Callable[[bool], None],
    ) -> None:
        self._listener = listener
        self._limits = listener.limits
        self._sink = sink
        self._tally = tally
        self._clock = clock
        self._pressure = pressure
        self._loop = asyncio.get_running_loop()
        self._open: dict[tuple[Place, str], _Open] = {}
        self._refused: deque[_Sealed] = deque()
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._urgent = False
        self._retry: asyncio.TimerHandle | None = None
        self._held = 0
        self._troubled = False
        self.crowded = False
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, place: Place, taken: Taken, receipt: Callable[[], None] | None = None) -> None:
        """Take whole records; `receipt` is called on this thread once they are durable."""
        key = (place, taken.kind)
        batch = self._open.get(key)
        if batch is None:
            batch = self._open[key] = _Open(self._clock())
        batch.pieces.append(taken.data)
        batch.size += len(taken.data)
        batch.records += taken.records
        self._hold(len(taken.data))
        if receipt is not None:
            batch.receipts.append(receipt)
        if batch.size >= self._limits.batch_bytes:
            self._seal(key)
        elif receipt is not None and not self._urgent:
            # At the end of this turn of the loop: what other connections have ready shares the batch.
            self._cancel_timer()
            self._urgent = True
            self._timer = self._loop.call_soon(self._seal_all)
        elif self._timer is None:
            self._timer = self._loop.call_later(self._limits.batch_seconds, self._seal_all)

    async def drain(self, seconds: float) -> bool:
        """Seal what is open and wait for the buffer; whether everything is durable now."""
        self._seal_all()
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def _seal_all(self) -> None:
        self._cancel_timer()
        for key in list(self._open):
            self._seal(key)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._urgent = False

    def _seal(self, key: tuple[Place, str]) -> None:
        batch = self._open.pop(key)
        (tenant, zone), kind = key
        payload = self._listener.receiver.payload(
            Batch(
                tenant=tenant,
                zone=zone,
                kind=kind,
                transport=self._listener.endpoint.transport,
                data=b"".join(batch.pieces),
                records=batch.records,
                received_ns=batch.received_ns,
            )
        )
        self._append(_Sealed(payload, batch.size, batch.records, batch.receipts))

    def _append(self, sealed: _Sealed) -> None:
        if self._refused:  # in order: what waits goes first
            self._refused.append(sealed)
            return
        self._try(sealed)

    def _try(self, sealed: _Sealed) -> bool:
        try:
            future = self._sink.append(sealed.payload)
        except TemporaryError as error:
            self._again(sealed, error)
            return False
        except PrologueError as error:
            self._give_up(sealed, error)
            return True
        future.add_done_callback(partial(self._hand_over, sealed))
        return True

    def _hand_over(self, sealed: _Sealed, future: Future[Receipt]) -> None:
        """On the buffer's thread. A loop that is closed has drained, or was told not to wait."""
        with contextlib.suppress(RuntimeError):  # closed, and maybe only just now: asking first is no help
            self._loop.call_soon_threadsafe(self._settled, sealed, future)

    def _settled(self, sealed: _Sealed, future: Future[Receipt]) -> None:
        error = future.exception()
        if error is None:
            self._durable(sealed)
        elif isinstance(error, TemporaryError):
            self._again(sealed, error)
        else:
            self._give_up(sealed, error)

    def _durable(self, sealed: _Sealed) -> None:
        name = self._listener.receiver.name
        metrics.RECEIVE_RECORDS.labels(name).inc(sealed.records)
        self._tally.took(sealed.records, sealed.size)
        self._release(sealed)
        for receipt in sealed.receipts:
            receipt()

    def _again(self, sealed: _Sealed, error: TemporaryError) -> None:
        """Keep it and try later. Said once for each time of trouble, not for each try."""
        if not self._troubled:
            self._troubled = True
            logger.warning("%s: the buffer takes nothing now: %s", self._tally.name, error.message)
            self._tally.failed(error.message)
        self._refused.append(sealed)
        self._crowd()
        if self._retry is None:
            seconds = error.retry_after if isinstance(error, BufferFull) else _RETRY_SECONDS
            self._retry = self._loop.call_later(min(float(seconds), _RETRY_SECONDS), self._retry_all)

    def _retry_all(self) -> None:
        self._retry = None
        waiting, self._refused = self._refused, deque()
        while waiting and self._try(waiting.popleft()):
            pass
        self._refused.extend(waiting)
        self._ease()

    def _give_up(self, sealed: _Sealed, error: BaseException) -> None:
        """The buffer will never take this, and it must not hold up others. Limits that fit exclude it."""
        logger.error("%s: %d records are lost: %s", self._tally.name, sealed.records, error)
        metrics.STREAM_DROPPED.labels(self._listener.receiver.name, "refused").inc(sealed.records)
        self._tally.lost(sealed.records, str(error))
        self._release(sealed)

    def _hold(self, size: int) -> None:
        self._held += size
        self._idle.clear()
        if self._held > self._limits.max_held_bytes:
            self._crowd()

    def _release(self, sealed: _Sealed) -> None:
        self._held -= sealed.size
        if not self._held:
            self._idle.set()
        self._ease()

    def _crowd(self) -> None:
        if not self.crowded:
            self.crowded = True
            self._pressure(True)

    def _ease(self) -> None:
        self._troubled = bool(self._refused)
        if self.crowded and not self._refused and self._held <= self._limits.max_held_bytes // 2:
            self.crowded = False
            self._pressure(False)
