"""The HTTP layer under every receiver that speaks it: bodies with a limit, tenants, answers.

    admit -> read (bounded) -> `Intake.take` -> answer

Next chapter: `prologue.receive.intake`, which takes the body from here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from prologue.model.errors import PayloadTooLarge, PrologueError
from prologue.receive import positions
from prologue.receive.answers import body_timeout
from prologue.receive.catalog import RECEIVERS
from prologue.receive.compression import decompress
from prologue.receive.intake import Intake, Lease
from prologue.receive.pieces import take_in_pieces
from prologue.receive.receiver import Answer, Probe, Push, Receiver
from prologue.receive.settings import ReceiveSettings
from prologue.telemetry import metrics

_CLIENT_CLOSED = 499  # nginx's name for it; never seen by a sender, only counted
_MAX_QUESTION_BYTES = 4 * 1024 * 1024  # an index template with every field of every module is under 1 MiB


async def handle(intake: Intake, receiver: Receiver, request: Request) -> Response:
    """One push over HTTP, answered in its protocol's words."""
    started = time.perf_counter()
    push = push_of(request, intake.clock())
    try:
        answer = await _take(intake, receiver, request, push)
    except PrologueError as error:
        intake.refused(receiver, error)
        answer = receiver.answers.failure(error, push)
    except ClientDisconnect:
        answer = Answer(_CLIENT_CLOSED)
    metrics.RECEIVE_REQUESTS.labels(receiver.name, str(answer.status)).inc()
    metrics.RECEIVE_SECONDS.labels(receiver.name).observe(time.perf_counter() - started)
    return response_of(answer)


async def _take(intake: Intake, receiver: Receiver, request: Request, push: Push) -> Answer:
    tenant = receiver.admit(push, intake.settings)
    intake.require_rates(receiver, tenant, push.peer)
    if receiver.pieces is not None and "content-encoding" not in push.headers:
        return await take_in_pieces(intake, receiver, request, replace(push, tenant=tenant))
    with intake.lease() as lease:
        body = await read_body(request, intake.settings, lease)
        push = replace(push, body=body, tenant=tenant, received_ns=intake.clock())
        decoded = await intake.take(receiver, push, lease)
    return receiver.answers.success(decoded, push)


async def ask(intake: Intake, receiver: Receiver, probe: Probe, request: Request) -> Response:
    """Answers a question. Its body, if any, is read like a push's and counts against the same memory."""
    push = push_of(request, intake.clock())
    try:
        if probe.guarded:
            push = replace(push, tenant=receiver.admit(push, intake.settings))
        with intake.lease() as lease:
            body = await read_body(request, intake.settings, lease)
            body = decompress(body, push.headers.get("content-encoding", ""), _MAX_QUESTION_BYTES)
            answer = probe.answer(replace(push, body=body))
    except PrologueError as error:
        answer = receiver.answers.failure(error, push)
    except ClientDisconnect:
        answer = Answer(_CLIENT_CLOSED)
    return response_of(answer)


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
        raise body_timeout(settings.read_timeout) from error
    return b"".join(chunks)


def push_of(request: Request, received_ns: int) -> Push:
    """What a request says of itself before its body is read."""
    return Push(
        body=b"",
        tenant="",
        received_ns=received_ns,
        content_type=request.headers.get("content-type", "").partition(";")[0].strip().lower(),
        query=tuple(request.query_params.multi_items()),
        headers=request.headers,
        peer=request.client.host if request.client else "",
        path=request.url.path,
        path_parameters=request.path_params,
    )


def response_of(answer: Answer) -> Response:
    return Response(
        answer.body or None, answer.status, dict(answer.headers), media_type=answer.content_type or None
    )


class ProbeRoute(Route):
    """A route that leaves alone what is not meant for its probe."""

    def __init__(self, path: str, endpoint: Callable[..., Any], probe: Probe) -> None:
        super().__init__(path, endpoint, methods=list(probe.methods))
        self._meant = probe.meant

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, inner = super().matches(scope)
        if match is Match.FULL and not self._meant(push_of(Request(scope), 0)):
            return Match.NONE, {}
        return match, inner


def routes(intake: Intake, *, receivers: Sequence[Receiver] = RECEIVERS) -> list[Route]:
    """The routes of every receiver and of its probes, and where agents ask for positions."""
    found: list[Route] = [positions.route(intake.sink)]
    for receiver in receivers:
        intake.tally(receiver)
        endpoint = partial(handle, intake, receiver)
        found += [Route(path, endpoint, methods=list(receiver.methods)) for path in receiver.paths]
        for probe in receiver.probes:
            found += [ProbeRoute(path, partial(ask, intake, receiver, probe), probe) for path in probe.paths]
    return found
