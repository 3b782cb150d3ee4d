"""How far an agent's sources are held: `POST /api/v1/positions`.

`{"sources": ["<name>", ...]}` is answered with `{"positions": [<byte offset>, ...]}` in the same order,
0 for a source that is not known. Asking counts as using: a source that is asked about is not forgotten.

Next chapter: `prologue.buffer.positions`, which knows.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prologue.model import batch
from prologue.model.errors import LimitError, PayloadError, PrologueError
from prologue.model.payload import PayloadSink
from prologue.receive.answers import PlainAnswers
from prologue.receive.compression import decompress
from prologue.receive.payloads import MAX_SOURCE_CHARS, own_source
from prologue.receive.receiver import Push
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant

MAX_SOURCES = 10_000
_MAX_BODY = MAX_SOURCES * (MAX_SOURCE_CHARS + 16)


def route(sink: PayloadSink) -> Route:
    """The route, over what the sink holds."""

    async def positions(request: Request) -> Response:
        try:
            tenant = resolve_tenant(request.headers.get(TENANT_HEADER))
            sources = await _sources(request)
        except PrologueError as error:
            answer = PlainAnswers().failure(error, Push(b"", "", 0))
            return Response(answer.body, answer.status, dict(answer.headers), media_type=answer.content_type)
        held = [sink.durable_position(own_source(source, tenant)) for source in sources]
        return Response(msgspec.json.encode({"positions": held}), media_type="application/json")

    return Route(batch.POSITIONS_PATH, positions, methods=["POST"])


async def _sources(request: Request) -> list[str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise LimitError(f"the question is longer than {_MAX_BODY} bytes")
    plain = decompress(body, request.headers.get("content-encoding", ""), _MAX_BODY)
    try:
        sources = msgspec.json.decode(plain, type=batch.Positions).sources
    except msgspec.DecodeError as error:
        raise PayloadError(f"not a question: {error}", cure='send {"sources": ["<name>", ...]}') from error
    if len(sources) > MAX_SOURCES:
        raise LimitError(f"{len(sources)} sources are asked about; the limit is {MAX_SOURCES}")
    return sources
