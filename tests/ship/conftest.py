"""An endpoint that is a real HTTP server, answers as a script says, and remembers what it was sent."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import zstandard

from prologue.ship.settings import ShipSettings, Target
from prologue.ship.sink import ShippingSink

_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    "gzip": gzip.decompress,
    "": bytes,
}


@dataclass(frozen=True)
class Got:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Scripted:
    """`script` holds answers to give first, one a request; then `default`, a function of the request."""

    script: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=list)
    default: Callable[[Got], tuple[int, bytes, dict[str, str]]] = lambda _got: (204, b"", {})
    got: list[Got] = field(default_factory=list)
    slow: Callable[[Got], tuple[int, bytes, dict[str, str]]] | None = None  # as `default`, many at once
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, got: Got) -> tuple[int, bytes, dict[str, str]]:
        with self.lock:
            self.got.append(got)
        if self.slow is not None:
            return self.slow(got)
        with self.lock:
            return self.script.pop(0) if self.script else self.default(got)


def _handler(scripted: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            plain = _DECODERS[headers.get("content-encoding", "")](body)
            status, answer, more = scripted.answer(Got(self.path, headers, plain))
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def endpoint() -> Iterator[Scripted]:
    scripted = Scripted()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(scripted))
    server.daemon_threads = True
    scripted.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield scripted
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def make_sink(endpoint: Scripted) -> Iterator[Callable[..., ShippingSink]]:
    sinks: list[ShippingSink] = []

    def make(target: dict[str, Any] | None = None, **changes: Any) -> ShippingSink:
        collaborators = {name: changes.pop(name) for name in ("refused", "source_prefix") if name in changes}
        quick = {"batch_wait": 0.01, "backoff_min": 0.001, "backoff_max": 0.01, "timeout": 5.0} | changes
        given = {"url": endpoint.url} | (target or {})
        sinks.append(ShippingSink(Target(**given), ShipSettings(**quick), **collaborators))
        return sinks[-1]

    yield make
    for sink in sinks:
        sink.close()
