"""The one HTTP layer under every receiver: limits, decompression, tenants, waiting for durability.

    read (bounded) -> decompress (bounded) -> decode -> sink.append -> wait -> answer

A request is answered with success only after the sink's future resolved. Compressed bodies and those
over `offload_bytes` are decompressed and decoded on a small thread pool, so that one big push does not
stall the event loop; what all requests together hold in memory is bounded by `InflightBudget`.

Next chapter: `prologue.buffer`, which the sink leads to.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from prologue.model.errors import BufferFull, PayloadTooLarge, PrologueError, UserError
from prologue.model.payload import PayloadSink
from prologue.receive.answers import BODY_TIMEOUT
from prologue.receive.catalog import RECEIVERS
from prologue.receive.compression import decompress
from prologue.receive.receiver import Answer, Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant
from prologue.telemetry import metrics

_CLIENT_CLOSED = 499  # nginx's name for it; never seen by a sender, only counted


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

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.give_back(self._held)


class Intake:
    """What the receivers' endpoints share. One for each listening application."""

    def __init__(self, sink: PayloadSink, settings: ReceiveSettings, clock: Callable[[], int]) -> None:
        self._sink = sink
        self._settings = settings
        self._clock = clock
        self._budget = InflightBudget(settings.inflight_limit)
        self._threads = ThreadPoolExecutor(settings.decode_threads, thread_name_prefix="receive")

    async def handle(self, receiver: Receiver, request: Request) -> Response:
        started = time.perf_counter()
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            answer = await self._take(receiver, request, content_type)
        except PrologueError as error:
            answer = receiver.answers.failure(error, content_type)
        except ClientDisconnect:
            answer = Answer(_CLIENT_CLOSED)
        metrics.RECEIVE_REQUESTS.labels(receiver.name, str(answer.status)).inc()
        metrics.RECEIVE_SECONDS.labels(receiver.name).observe(time.perf_counter() - started)
        return Response(
            answer.body or None, answer.status, dict(answer.headers), media_type=answer.content_type or None
        )

    async def _take(self, receiver: Receiver, request: Request, content_type: str) -> Answer:
        tenant = resolve_tenant(request.headers.get(TENANT_HEADER))
        with Lease(self._budget) as lease:
            wire = await read_body(request, self._settings, lease)
            metrics.RECEIVE_WIRE_BYTES.labels(receiver.name).inc(len(wire))
            push = Push(
                body=wire,
                tenant=tenant,
                received_ns=self._clock(),
                content_type=content_type,
                query=tuple(request.query_params.multi_items()),
                headers=request.headers,
            )
            work = partial(self._decode, receiver, push, lease)
            # A compressed body is as large as it likes to be: only a plain small one stays here.
            if len(wire) < self._settings.offload_bytes and "content-encoding" not in request.headers:
                decoded = work()
            else:
                decoded = await asyncio.get_running_loop().run_in_executor(self._threads, work)
            await self._store(decoded)
        metrics.RECEIVE_RECORDS.labels(receiver.name).inc(decoded.records)
        return receiver.answers.success(decoded, content_type)

    def _decode(self, receiver: Receiver, push: Push, lease: Lease) -> Decoded:
        body = decompress(
            push.body, push.headers.get("content-encoding", ""), self._settings.max_decompressed_bytes
        )
        if body is not push.body:
            lease.take(len(body))
        metrics.RECEIVE_BODY_BYTES.labels(receiver.name).inc(len(body))
        return receiver.decode(replace(push, body=body), self._settings)

    async def _store(self, decoded: Decoded) -> None:
        pending = [asyncio.wrap_future(self._sink.append(payload)) for payload in decoded.payloads]
        if pending:
            # Shielded: a sender that hangs up must not cancel what the buffer is writing.
            await asyncio.shield(asyncio.gather(*pending))


async def read_body(request: Request, settings: ReceiveSettings, lease: Lease) -> bytes:
    """The body as sent, at most `max_body_bytes`, every one of them charged to the lease.

    A sender that falls silent midway would hold its share of the memory for ever: it gets
    `read_timeout` seconds for each piece.
    """
    limit = settings.max_body_bytes
    claimed = request.headers.get("content-length", "")
    if claimed.isdigit() and int(claimed) > limit:
        raise PayloadTooLarge(limit)
    chunks: list[bytes] = []
    size = 0
    now = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(settings.read_timeout) as patience:
            async for chunk in request.stream():
                patience.reschedule(now() + settings.read_timeout)
                size += len(chunk)
                if size > limit:
                    raise PayloadTooLarge(limit)
                lease.take(len(chunk))
                chunks.append(chunk)
    except TimeoutError as error:
        raise UserError(
            f"no more of the body came for {settings.read_timeout:g} seconds",
            cure="send the body without pauses",
            code=BODY_TIMEOUT,
        ) from error
    return b"".join(chunks)


def routes(
    sink: PayloadSink,
    settings: ReceiveSettings | None = None,
    *,
    clock: Callable[[], int] = time.time_ns,
    receivers: Sequence[Receiver] = RECEIVERS,
) -> list[Route]:
    """A POST route for every path of every receiver. `clock` answers Unix time in ns."""
    intake = Intake(sink, settings or ReceiveSettings(), clock)
    return [
        Route(path, partial(intake.handle, receiver), methods=["POST"])
        for receiver in receivers
        for path in receiver.paths
    ]
