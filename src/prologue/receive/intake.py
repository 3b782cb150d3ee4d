"""What every way in over the network shares, whatever it speaks: limits, memory, decoding, durability.

    require the rates -> decompress (bounded) -> decode -> charge the rates -> sink.append -> wait

A push is answered with success only after the sink's future resolved. Compressed bodies and those over
`offload_bytes` are decompressed and decoded on a small thread pool, so that one big push does not stall
the event loop; what all pushes together hold in memory is bounded by `InflightBudget`.

Next chapter: `prologue.receive.http` and `prologue.receive.grpc`, which bring the bodies;
`prologue.buffer`, which the sink leads to.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import ParamSpec, TypeVar

from prologue.model.errors import BufferFull, PrologueError
from prologue.model.payload import Payload, PayloadSink
from prologue.receive.compression import decompress
from prologue.receive.limits import RateLimits
from prologue.receive.receiver import Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings
from prologue.receive.standing import Standings, Tally
from prologue.telemetry import metrics

P = ParamSpec("P")
T = TypeVar("T")


class InflightBudget:
    """Bounds the bytes that requests hold in memory together. Thread-safe."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Raises `BufferFull`, having taken nothing, where `size` more bytes would be too many."""
        with self._lock:
            if self._held + size > self._limit:
                raise BufferFull(
                    f"bodies being received already hold {self._held} of {self._limit} bytes",
                    cure="send again later, with fewer requests at once, or raise receive.max_inflight_bytes",
                )
            self._held += size
            metrics.RECEIVE_INFLIGHT_BYTES.set(self._held)

    def give_back(self, size: int) -> None:
        with self._lock:
            self._held -= size
            metrics.RECEIVE_INFLIGHT_BYTES.set(self._held)


class Lease:
    """One request's share of the budget; leaving the context gives all of it back."""

    def __init__(self, budget: InflightBudget) -> None:
        self._budget = budget
        self._held = 0

    def take(self, size: int) -> None:
        self._budget.take(size)
        self._held += size

    def give_back(self, size: int) -> None:
        """A part of it, before the end."""
        self._budget.give_back(size)
        self._held -= size

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.give_back(self._held)


class Intake:
    """One for a node: `take` may be called from several event loops."""

    def __init__(
        self,
        sink: PayloadSink,
        settings: ReceiveSettings | None = None,
        *,
        clock: Callable[[], int] = time.time_ns,
        limits: RateLimits | None = None,
        standings: Standings | None = None,
    ) -> None:
        self.sink = sink
        self.settings = settings or ReceiveSettings()
        self.clock = clock
        self.limits = limits or RateLimits()
        self.standings = standings or Standings()
        self._budget = InflightBudget(self.settings.inflight_limit)
        self._threads = ThreadPoolExecutor(self.settings.decode_threads, thread_name_prefix="receive")

    def lease(self) -> Lease:
        """A share of the memory for one push, to be held until it is answered."""
        return Lease(self._budget)

    def tally(self, receiver: Receiver) -> Tally:
        return self.standings.tally(receiver.name, " ".join(receiver.paths))

    def require_rates(self, receiver: Receiver, tenant: str, peer: str) -> None:
        """Raises `RateLimited` where the sender must wait. To be asked before its body is read."""
        self.limits.require(receiver.name, tenant, peer)

    async def take(self, receiver: Receiver, push: Push, lease: Lease) -> Decoded:
        """What the push holds, durable. Its wire bytes are on the lease already.

        Raises a `PrologueError`, and then nothing of it was stored.
        """
        metrics.RECEIVE_WIRE_BYTES.labels(receiver.name).inc(len(push.body))
        work = partial(self._decode, receiver, push, lease)
        # A compressed body is as large as it likes to be: only a plain small one stays here.
        if len(push.body) < self.settings.offload_bytes and "content-encoding" not in push.headers:
            decoded, size = work()
        else:
            decoded, size = await self.off_the_loop(work)
        if receiver.each:
            decoded = await self._store_each(decoded)
        else:
            await self._store(decoded)
        self.limits.charge(push.tenant, push.peer, size=size, lines=decoded.records)
        metrics.RECEIVE_RECORDS.labels(receiver.name).inc(decoded.records)
        self.tally(receiver).took(decoded.records, size)
        return decoded

    async def off_the_loop(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What `work` answers, computed on a decoding thread."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, partial(work, *arguments, **named)
        )

    def refused(self, receiver: Receiver, error: PrologueError) -> None:
        """Keeps the error for the status page."""
        self.tally(receiver).failed(error.message)

    def _decode(self, receiver: Receiver, push: Push, lease: Lease) -> tuple[Decoded, int]:
        encoding = push.headers.get("content-encoding", "")
        body = decompress(push.body, encoding, self.settings.max_decompressed_bytes)
        if body is not push.body:
            lease.take(len(body))
        metrics.RECEIVE_BODY_BYTES.labels(receiver.name).inc(len(body))
        return receiver.decode(replace(push, body=body), self.settings), len(body)

    async def _store(self, decoded: Decoded) -> None:
        pending = [asyncio.wrap_future(self.sink.append(payload)) for payload in decoded.payloads]
        if pending:
            # Shielded: a sender that hangs up must not cancel what the buffer is writing.
            await asyncio.shield(asyncio.gather(*pending))

    async def _store_each(self, decoded: Decoded) -> Decoded:
        """The same, with what became of each payload; its records are those that are durable now."""
        errors = await asyncio.shield(asyncio.gather(*map(self._outcome, decoded.payloads)))
        stored = [p for p, error in zip(decoded.payloads, errors, strict=True) if error is None]
        return replace(decoded, errors=tuple(errors), records=sum(payload.records for payload in stored))

    async def _outcome(self, payload: Payload) -> PrologueError | None:
        try:
            await asyncio.wrap_future(self.sink.append(payload))
        except PrologueError as error:
            return error
        return None
