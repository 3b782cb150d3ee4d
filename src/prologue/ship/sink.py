"""A `PayloadSink` at the other end of a network: acknowledged is what the endpoint acknowledged.

    sources: append -> [ waiting ] -> batches by size and time -> POST, again until answered -> futures

Memory is bounded by the sources: each has one payload on its way, or waits. Batches of different sources
overlap, payloads of one source never do, so they arrive in order. A batch that is not answered is sent
again, with growing pauses and jitter, for as long as it takes: the files are the buffer meanwhile. What
the endpoint holds already it says by the payload's position, so repeating repeats nothing.

What an endpoint refuses for good is put aside on disk with the reason (`prologue.ship.refused`): one
bad payload must not stop its file for ever, nor vanish.

Next chapter: `prologue.ship.client`.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from prologue.model.errors import PayloadTooLarge, PositionConflict, PrologueError, TemporaryError
from prologue.model.payload import Payload, Receipt
from prologue.ship.catalog import PROTOCOLS
from prologue.ship.client import HttpClient
from prologue.ship.destination import Verdict
from prologue.ship.refused import Refused
from prologue.ship.settings import ShipSettings, Target

logger = logging.getLogger(__name__)

ASK_AT_ONCE = 1000
# The same failure is told this often, in seconds.
_TELL_EVERY = 60.0


@dataclass(slots=True)
class _Pending:
    payload: Payload
    future: Future[Receipt]
    since: float


@dataclass(slots=True)
class ShipStats:
    """Counters since the start, and how it stands now. Bytes are of payloads, `wire_bytes` of bodies."""

    batches: int = 0
    payloads: int = 0
    bytes: int = 0
    retries: int = 0
    refused: int = 0
    waiting: int = 0
    waiting_bytes: int = 0
    last_error: str = ""
    last_error_at: float = 0.0
    last_success_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a sink uses of the world; tests put their own in."""

    monotonic: Callable[[], float] = time.monotonic
    unix: Callable[[], float] = time.time
    dice: Callable[[], float] = field(default=random.random)


class ShippingSink:
    """See `PayloadSink`. `source_prefix` makes this agent's sources unlike every other's.

    Close it: what is not acknowledged by then fails, and its source keeps it.
    """

    def __init__(
        self,
        target: Target,
        settings: ShipSettings | None = None,
        *,
        source_prefix: str = "",
        refused: Refused | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        protocol = PROTOCOLS[target.protocol]
        self._settings = settings or ShipSettings()
        self._world = surroundings or Surroundings()
        self._destination = protocol.make(target, source_prefix)
        self._client = HttpClient(target, self._settings, target.compression or protocol.compression)
        self._refused = refused
        self._changed = threading.Condition()
        self._waiting: deque[_Pending] = deque()
        self._waiting_bytes = 0
        self._busy: set[str] = set()
        self._under_way = 0
        self._accepting = True
        self._flushing = False
        self._stopping = threading.Event()
        self._known: dict[str, int] = {}
        self._asked: set[str] = set()
        self._told_at = 0.0
        self.stats = ShipStats()
        self._threads = [
            threading.Thread(target=self._run, name=f"ship-{number}", daemon=True)
            for number in range(self._settings.connections)
        ]
        if protocol.positions:
            self._threads.append(threading.Thread(target=self._refresh, name="ship-positions", daemon=True))
        for thread in self._threads:
            thread.start()

    # The contract

    def append(self, payload: Payload) -> Future[Receipt]:
        """See `PayloadSink.append`; never blocks, and bounds nothing: its callers do."""
        future: Future[Receipt] = Future()
        future.set_running_or_notify_cancel()
        with self._changed:
            if not self._accepting:
                raise TemporaryError("the agent is stopping", cure="send again when it is back")
            self._waiting.append(_Pending(payload, future, self._world.monotonic()))
            self._waiting_bytes += len(payload.data)
            self._changed.notify_all()  # a `flush` may wait on the same condition
        return future

    def durable_position(self, source: str) -> int:
        """As far as this process knows; the endpoint is asked in the background."""
        with self._changed:
            self._asked.add(source)
            return self._known.get(source, 0)

    def learn(self, sources: Sequence[str]) -> bool:
        """Ask the endpoint how far it holds sources, once; whether it answered.

        Where it does not, nothing is lost or repeated: it will say so by `PositionConflict`.
        """
        try:
            for start in range(0, len(sources), ASK_AT_ONCE):
                self._ask(sources[start : start + ASK_AT_ONCE])
        except PrologueError as error:
            self._failed(error.message)
            return False
        return True

    def snapshot(self) -> ShipStats:
        """How it stands, for the status page."""
        with self._changed:
            self.stats.waiting = len(self._waiting) + self._under_way
            self.stats.waiting_bytes = self._waiting_bytes
            return self.stats

    def flush(self, timeout: float) -> bool:
        """Send what waits without waiting for more; whether all was answered within `timeout` seconds."""
        with self._changed:
            self._flushing = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._waiting and not self._under_way, timeout)
            self._flushing = False
        return done

    def close(self, timeout: float = 0.0) -> bool:
        """Take no more, send what waits for at most `timeout` seconds, let go; whether all was answered."""
        with self._changed:
            self._accepting = False
        done = self.flush(timeout)
        self._stopping.set()
        with self._changed:
            left = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        for pending in left:
            pending.future.set_exception(_stopped())
        for thread in self._threads:
            thread.join(1.0 if done else 0.1)
        if done:  # otherwise somebody is in the middle of a request; it ends with the process
            self._client.close()
        return done

    # The senders' threads

    def _run(self) -> None:
        while (batch := self._take()) is not None:
            try:
                self._ship(batch)
            except Exception as error:  # a defect: the sources must hear of it, or they wait for ever
                logger.exception("a batch could not be shipped")
                for pending in batch:
                    if not pending.future.done():
                        pending.future.set_exception(TemporaryError(f"a defect: {error!r}"))
            finally:
                self._done(batch)

    def _take(self) -> list[_Pending] | None:
        """The next batch once it is due; None when stopping."""
        with self._changed:
            while not self._stopping.is_set():
                now = self._world.monotonic()
                due = self._due(now)
                if due <= now:
                    batch = self._cut()
                    if batch:
                        return batch
                    due = now + self._settings.batch_wait
                self._changed.wait(min(due - now, 3600.0))
            return None

    def _due(self, now: float) -> float:
        """When a batch is to be cut."""
        if not self._waiting:
            return float("inf")
        if self._flushing or self._waiting_bytes >= self._settings.batch_bytes:
            return now
        return self._waiting[0].since + self._settings.batch_wait

    def _cut(self) -> list[_Pending]:
        """Payloads of one tenant, in order, of sources that have nothing on its way."""
        batch: list[_Pending] = []
        left: deque[_Pending] = deque()
        size, skipped = 0, set(self._busy)
        while self._waiting:
            pending = self._waiting.popleft()
            source = _source(pending.payload)
            fits = not batch or (
                size < self._settings.batch_bytes and pending.payload.tenant == batch[0].payload.tenant
            )
            if fits and source not in skipped:
                batch.append(pending)
                size += len(pending.payload.data)
            else:
                left.append(pending)
                skipped.add(source)  # what follows it of the same source follows it later too
        self._waiting = left
        self._waiting_bytes -= size
        self._busy.update(_source(pending.payload) for pending in batch)
        self._busy.discard("")
        self._under_way += len(batch)
        return batch

    def _done(self, batch: list[_Pending]) -> None:
        with self._changed:
            self._busy.difference_update(_source(pending.payload) for pending in batch)
            self._under_way -= len(batch)
            self._changed.notify_all()

    def _ship(self, batch: list[_Pending]) -> None:
        """Send until every payload of the batch has its answer."""
        parts: deque[list[_Pending]] = deque([batch])
        failures = 0
        while parts:
            part = parts.popleft()
            verdicts = self._post([pending.payload for pending in part])
            left = [(p, v) for p, v in zip(part, verdicts, strict=True) if not self._settle(p, v, len(part))]
            if not left:
                failures = 0
                continue
            if len(part) > 1 and any(not (verdict.again or verdict.partial) for _, verdict in left):
                parts.extendleft(reversed(_apart(left, len(part))))
                continue
            self._failed(left[0][1].problem)
            failures += 1
            if not self._pause(failures, max(verdict.retry_after for _, verdict in left)):
                for pending in [pending for pending, _ in left] + [p for part in parts for p in part]:
                    pending.future.set_exception(_stopped())
                return
            parts.appendleft([pending for pending, _ in left])

    def _post(self, payloads: list[Payload]) -> list[Verdict]:
        try:
            reply = self._client.post(self._destination.request(payloads))
            return self._destination.verdicts(reply, payloads)
        except TemporaryError as error:
            problem = f"{error.message}; {error.cure}" if error.cure else error.message
            return [Verdict(problem, again=True)] * len(payloads)

    def _settle(self, pending: _Pending, verdict: Verdict, together: int) -> bool:
        """Resolve the payload's future where the verdict is final; whether it is."""
        payload, position = pending.payload, pending.payload.position
        if not verdict.problem:
            self._acknowledged(payload)
            pending.future.set_result(Receipt(0))
        elif verdict.resume_at >= 0 and position is not None:
            self._note(position.source, verdict.resume_at)
            conflict = PositionConflict(verdict.problem, source=position.source, resume_at=verdict.resume_at)
            pending.future.set_exception(conflict)
        elif verdict.split and together == 1:
            pending.future.set_exception(PayloadTooLarge(len(payload.data), setting="receive.max_body_bytes"))
        elif verdict.partial or (not verdict.again and not verdict.split and together == 1):
            return self._put_aside(pending, verdict.problem)
        else:
            return False
        return True

    def _put_aside(self, pending: _Pending, problem: str) -> bool:
        if self._refused is None or not self._refused.put(pending.payload, problem):
            return False
        self.stats.refused += 1
        self._failed(f"refused for good and put aside: {problem}")
        self._acknowledged(pending.payload)
        pending.future.set_result(Receipt(0))
        return True

    def _acknowledged(self, payload: Payload) -> None:
        with self._changed:
            self.stats.payloads += 1
            self.stats.bytes += len(payload.data)
            self.stats.last_success_at = self._world.unix()
        if payload.position is not None:
            self._note(payload.position.source, payload.position.end)

    def _note(self, source: str, held: int) -> None:
        with self._changed:
            if source in self._known:
                self._known[source] = max(held, self._known[source])

    def _failed(self, problem: str) -> None:
        with self._changed:
            self.stats.retries += 1
            news = problem != self.stats.last_error
            self.stats.last_error, self.stats.last_error_at = problem, self._world.unix()
            tell = news or self._world.monotonic() - self._told_at >= _TELL_EVERY
            if tell:
                self._told_at = self._world.monotonic()
        if tell:
            logger.warning("not shipped yet, tried again: %s", problem)

    def _pause(self, failures: int, asked: float) -> bool:
        """Wait before the next try, at least as long as the endpoint asked; False where a stop came first."""
        settings = self._settings
        delay = min(settings.backoff_min * 2 ** min(failures - 1, 16), settings.backoff_max)
        return not self._stopping.wait(max(asked, delay * 0.5) + delay * 0.5 * self._world.dice())

    # Positions

    def _refresh(self) -> None:
        while not self._stopping.wait(self._settings.refresh):
            with self._changed:
                asked, self._asked = list(self._asked), set()
                for gone in self._known.keys() - set(asked):
                    del self._known[gone]
            if not self.learn(asked):
                with self._changed:
                    self._asked.update(asked)

    def _ask(self, sources: Iterable[str]) -> None:
        named = list(sources)
        request = self._destination.ask(named)
        if request is None or not named:
            return
        held = self._destination.positions(self._client.post(request))
        with self._changed:
            for source, position in zip(named, held, strict=False):
                self._known[source] = max(position, self._known.get(source, 0))


def _apart(left: list[tuple[_Pending, Verdict]], together: int) -> list[list[_Pending]]:
    """Those that are to blame away from those that are not; halved where nobody knows which it is."""
    blamed = [pending for pending, verdict in left if not verdict.again]
    others = [pending for pending, verdict in left if verdict.again]
    half = len(blamed) // 2 if len(blamed) == together else 0
    return [part for part in (blamed[:half], blamed[half:], others) if part]


def _source(payload: Payload) -> str:
    return payload.position.source if payload.position is not None else ""


def _stopped() -> TemporaryError:
    return TemporaryError(
        "not acknowledged before the agent stopped", cure="it is sent again at the next start"
    )
