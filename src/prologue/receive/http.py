"""The HTTP layer under every receiver that speaks it: bodies with a limit, tenants, answers.

    read (bounded) -> `Intake.take` -> answer

Next chapter: `prologue.receive.intake`, which takes the body from here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from prologue.model.errors import PayloadTooLarge, PrologueError, UserError
from prologue.receive.answers import BODY_TIMEOUT
from prologue.receive.catalog import RECEIVERS
from prologue.receive.intake import Intake, Lease
from prologue.receive.receiver import Answer, Push, Receiver
from prologue.receive.settings import ReceiveSettings
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant
from prologue.telemetry import metrics

_CLIENT_CLOSED = 499  # nginx's name for it; never seen by a sender, only counted


async def handle(intake: Intake, receiver: Receiver, request: Request) -> Response:
    """One push over HTTP, answered in its protocol's words."""
    started = time.perf_counter()
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        answer = await _take(intake, receiver, request, content_type)
    except PrologueError as error:
        intake.refused(receiver, error)
        answer = receiver.answers.failure(error, content_type)
    except ClientDisconnect:
        answer = Answer(_CLIENT_CLOSED)
    metrics.RECEIVE_REQUESTS.labels(receiver.name, str(answer.status)).inc()
    metrics.RECEIVE_SECONDS.labels(receiver.name).observe(time.perf_counter() - started)
    return Response(
        answer.body or None, answer.status, dict(answer.headers), media_type=answer.content_type or None
    )


async def _take(intake: Intake, receiver: Receiver, request: Request, content_type: str) -> Answer:
    tenant = resolve_tenant(request.headers.get(TENANT_HEADER))
    peer = request.client.host if request.client else ""
    intake.require_rates(receiver, tenant, peer)
    with intake.lease() as lease:
        push = Push(
            body=await read_body(request, intake.settings, lease),
            tenant=tenant,
            received_ns=intake.clock(),
            content_type=content_type,
            query=tuple(request.query_params.multi_items()),
            headers=request.headers,
            peer=peer,
        )
        decoded = await intake.take(receiver, push, lease)
    return receiver.answers.success(decoded, content_type)


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


def routes(intake: Intake, *, receivers: Sequence[Receiver] = RECEIVERS) -> list[Route]:
    """A POST route for every path of every receiver."""
    for receiver in receivers:
        intake.tally(receiver)
    return [
        Route(path, partial(handle, intake, receiver), methods=["POST"])
        for receiver in receivers
        for path in receiver.paths
    ]
