"""The agent's own small HTTP server: `/metrics`, `/status` (JSON), `/` (a page), `/ready`.

The standard library's, in two threads: an agent must be small, and nobody asks it often. It reads
nothing but the path, and answers GET only.

Next chapter: `prologue.app.agent.page`, the page.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from prologue.app.agent.page import page
from prologue.config.values import parse_listen
from prologue.model.errors import ConfigError
from prologue.telemetry import metrics

Snapshot = Callable[[], dict[str, Any]]


class StatusServer:
    """Listens from construction to `close`. Raises `ConfigError` where the address is taken."""

    def __init__(self, listen: str, snapshot: Snapshot) -> None:
        host, port = parse_listen(listen)
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(snapshot))
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {listen}: {error.strerror}",
                key="agent.listen",
                cure="choose another address with --listen, or an empty one for none",
            ) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="agent-http", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(snapshot: Snapshot) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._answer(200, *metrics.render())
            elif path == "/status":
                self._answer(200, orjson.dumps(snapshot()), "application/json")
            elif path == "/ready":
                self._answer(200, b"ready\n", "text/plain")
            elif path == "/":
                self._answer(200, page(snapshot()).encode(), "text/html; charset=utf-8")
            else:
                self._answer(404, b"there are /, /status, /metrics and /ready\n", "text/plain")

        def _answer(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Requests are not logged: scrapes would be all there is."""

    return Handler
