"""A real HTTP and WebSocket server whose answers a test writes down beforehand.

For what a healthy server does not do on demand: refuse, break off, answer nonsense.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

TAIL = "/loki/api/v1/tail"


@dataclass(frozen=True)
class Heard:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, list[str]]
    body: bytes
    headers: dict[str, str]


@dataclass
class Scripted:
    """`answers[path]` are given in turn, the last one for ever; `tails` are the WebSocket sessions:
    messages, then a close code."""

    url: str = ""
    answers: dict[str, deque[tuple[int, bytes, dict[str, str]]]] = field(default_factory=dict)
    tails: deque[tuple[list[Any], int]] = field(default_factory=deque)
    tail_refusal: tuple[int, bytes] | None = None
    heard: list[Heard] = field(default_factory=list)

    def answer(self, path: str, body: Any, status: int = 200, **headers: str) -> None:
        """Answer `path` so, after what was scripted for it before."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.setdefault(path, deque()).append((status, raw, named))

    async def http(self, request: Request) -> Response:
        body = await request.body()
        form: dict[str, list[str]] = {}
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            form = parse_qs(body.decode(), keep_blank_values=True)
        path = request.url.path
        self.heard.append(
            Heard(request.method, path, dict(request.query_params), form, body, dict(request.headers))
        )
        queue = self.answers.get(path)
        if not queue:
            return Response(b"no such page", 404)
        status, raw, headers = queue.popleft() if len(queue) > 1 else queue[0]
        return Response(raw, status, headers, media_type="application/json")

    async def follow(self, socket: WebSocket) -> None:
        self.heard.append(
            Heard("WS", socket.url.path, dict(socket.query_params), {}, b"", dict(socket.headers))
        )
        if self.tail_refusal is not None:
            status, raw = self.tail_refusal
            await socket.send_denial_response(Response(raw, status))
            return
        await socket.accept()
        messages, code = self.tails.popleft() if self.tails else ([], 1000)
        for message in messages:
            await socket.send_text(message if isinstance(message, str) else orjson.dumps(message).decode())
        await socket.close(code, "as scripted")


@contextmanager
def scripted_server() -> Iterator[Scripted]:
    """A server of its own on a free port of loopback."""
    script = Scripted()
    app = Starlette(
        routes=[
            WebSocketRoute(TAIL, script.follow),
            Route("/{path:path}", script.http, methods=["GET", "POST"]),
        ]
    )
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, lifespan="off", log_config=None, ws="websockets-sansio")
    )
    # Listening before the server runs: an early question waits in the backlog instead of failing.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        yield script
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()
