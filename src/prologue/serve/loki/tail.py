"""`tail`: lines as they are stored, over a WebSocket.

A tail follows batches, not timestamps: after each stored batch it asks for the lines of the batches it
has not seen, so a line is sent once and a late one is not missed. Of more than _MESSAGE_LINES lines at
once the newest are sent, and `dropped_entries` names the newest of those that were not.

A browser cannot set headers on a WebSocket, so the tenant and the encoding flags may come as parameters
of the headers' names. A header wins: a proxy that sets the tenant must not be overruled from the URL.

Source: Loki's HTTP API reference, "Stream logs".
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Any

import orjson
from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from prologue.model.errors import PrologueError, QueryError
from prologue.query.compile import compile_query
from prologue.query.request import Derived, Direction, Request
from prologue.query.run import Answer, QueryEngine
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant
from prologue.serve.context import Context
from prologue.serve.errors import body_of
from prologue.serve.loki import parameters
from prologue.serve.running import Runner

_HOUR = 3600 * parameters.NANOSECONDS
_DEFAULT_LIMIT = 100
_MAX_DELAY = 5
# Lines of one message; what one round holds beyond it is dropped, and so many of those are named, as in Loki.
_MESSAGE_LINES = 5000
_DROPPED_NAMED = 1000
_POLICY_VIOLATION = 1008
_INTERNAL_ERROR = 1011
# All times that a timestamp can have: a tail is bounded by batches.
_EARLIEST, _LATEST = -(2**62), 2**63 - 1


@dataclass(frozen=True, slots=True)
class _Asked:
    text: str
    request: Request
    delay: float


class Tails:
    """The tail route over one query engine."""

    def __init__(self, context: Context, engine: QueryEngine, runner: Runner) -> None:
        self._runner = runner
        self._context = context
        self._engine = engine

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/loki/api/v1/tail", self.tail)]

    async def tail(self, socket: WebSocket) -> None:
        try:
            asked = self._read(socket)
        except PrologueError as error:
            await _refuse(socket, error)
            return
        await socket.accept()
        leaving = asyncio.create_task(_left(socket))
        following = asyncio.create_task(self._follow(socket, asked))
        await asyncio.wait({leaving, following}, return_when=asyncio.FIRST_COMPLETED)
        for task in (leaving, following):
            task.cancel()
        for result in await asyncio.gather(leaving, following, return_exceptions=True):
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
                raise result

    def _read(self, socket: WebSocket) -> _Asked:
        found: dict[str, list[str]] = {}
        for name, value in socket.query_params.multi_items():
            found.setdefault(name, []).append(value)
        now = time.time_ns()
        start = parameters.time(text, "start") if (text := parameters.one(found, "start")) else now - _HOUR
        request = Request(
            tenant=resolve_tenant(_said(socket, TENANT_HEADER)),
            start=start,
            end=_LATEST,
            limit=parameters.whole_number(found, "limit", _DEFAULT_LIMIT),
            categorize="categorize-labels" in _said(socket, "x-loki-response-encoding-flags"),
            derived=Derived(detected_level=self._context.settings.labels.discover_log_levels),
            now=now,
        )
        query = parameters.required(found, "query", '{app="cart"}')
        if not compile_query(query, request).is_log:
            raise QueryError("only log queries can be tailed", cure="leave out the aggregation")
        delay = parameters.whole_number(found, "delay_for", 0)
        if delay > _MAX_DELAY:
            raise QueryError(f"delay_for={delay} is over the maximum of {_MAX_DELAY} s", cure="lower it")
        return _Asked(query, request, float(delay))

    async def _follow(self, socket: WebSocket, asked: _Asked) -> None:
        """The newest lines since `start`, then those of each new batch."""
        wake = asyncio.Event()
        loop = asyncio.get_running_loop()

        def stored(_batch: int) -> None:
            loop.call_soon_threadsafe(wake.set)

        end = self._context.progress.subscribe(stored)
        try:
            seen = self._context.progress.now.batch
            past = replace(asked.request, up_to_batch=seen)
            await self._send(socket, asked.text, past)
            while True:
                await wake.wait()
                wake.clear()
                await asyncio.sleep(asked.delay)
                batch = self._context.progress.now.batch
                if batch > seen:
                    fresh = replace(asked.request, start=_EARLIEST, after_batch=seen, up_to_batch=batch)
                    await self._send(socket, asked.text, replace(fresh, limit=_MESSAGE_LINES))
                    seen = batch
        except PrologueError as error:
            await socket.send_bytes(orjson.dumps(body_of(error)))
            await socket.close(_INTERNAL_ERROR, error.message[:100])
        finally:
            end()

    async def _send(self, socket: WebSocket, text: str, request: Request) -> None:
        backward = replace(request, direction=Direction.BACKWARD)
        answer = await self._query(text, backward)
        if not answer.entries:
            return
        dropped: list[dict[str, Any]] = []
        if request.after_batch is not None and answer.entries >= request.limit:
            older = replace(backward, end=answer.oldest_ns + 1, limit=_DROPPED_NAMED)
            dropped = _dropped(answer, await self._query(text, older))
        await socket.send_text(orjson.dumps({"streams": answer.result, "dropped_entries": dropped}).decode())

    async def _query(self, text: str, request: Request) -> Answer:
        """The answer; the query ends when the tail does."""
        return await self._runner.unwatched(lambda: self._engine.query(text, request))


def _dropped(sent: Answer, older: Answer) -> list[dict[str, Any]]:
    """Loki's entries for lines that were not sent: their labels and times, newest first.

    `older` are the lines up to the oldest time that was sent, so those sent of that very time count
    off. Where all it has are of that time, one entry without labels stands for what is left.
    """
    border = str(sent.oldest_ns)
    at_border = sum(value[0] == border for stream in sent.decoded() for value in stream["values"])
    lines = [
        {"labels": stream["stream"], "timestamp": value[0]}
        for stream in older.decoded()
        for value in stream["values"]
    ]
    lines.sort(key=lambda line: int(line["timestamp"]), reverse=True)
    left = lines[at_border:]
    if not left and older.entries >= _DROPPED_NAMED:
        return [{"labels": {}, "timestamp": border}]
    return left


def _said(socket: WebSocket, header: str) -> str:
    """A header, or the parameter of its name: a browser's WebSocket cannot set headers."""
    if header in socket.headers:
        return socket.headers[header]
    return next((value for name, value in socket.query_params.multi_items() if name.lower() == header), "")


async def _left(socket: WebSocket) -> None:
    """Ends when the client does; what it sends is of no interest."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _refuse(socket: WebSocket, error: PrologueError) -> None:
    """The error before the handshake where the server can say it, else as the reason of the close."""
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(
            Response(orjson.dumps(body_of(error)), 400, media_type="application/json")
        )
        return
    await socket.accept()
    await socket.close(_POLICY_VIOLATION, error.message[:100])
