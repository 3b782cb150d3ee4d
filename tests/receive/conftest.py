"""A real uvicorn server on loopback in front of a sink that records what it is given."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pyarrow as pa
import pytest
import uvicorn
from starlette.applications import Starlette

from prologue.model.payload import Payload
from prologue.receive.http import routes
from prologue.receive.intake import Intake
from prologue.receive.limits import RateLimits
from prologue.receive.receiver import Decoded, Push
from prologue.receive.settings import ReceiveSettings
from tests.support.sink import RecordingSink

ARRIVAL_NS = 1_760_000_000_123_456_789


@dataclass(frozen=True)
class Served:
    """A running server: where it is, a client for it, and what it stored."""

    url: str
    port: int
    client: httpx.Client
    sink: RecordingSink

    def records(self) -> list[dict[str, Any]]:
        return [row for payload in self.sink.payloads for row in read_records(payload)]


def read_records(payload: Payload) -> list[dict[str, Any]]:
    """A RECORDS payload as dictionaries; the Arrow is validated in full on the way."""
    table = pa.ipc.open_stream(payload.data).read_all()
    table.validate(full=True)
    return [{**row, "attributes": dict(row["attributes"])} for row in table.to_pylist()]


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Waits for a real condition; fails when the deadline passes."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("the condition did not come true in time")
        threading.Event().wait(0.005)


@contextlib.contextmanager
def run_server(settings: ReceiveSettings | None = None, limits: RateLimits | None = None) -> Iterator[Served]:
    sink = RecordingSink()
    intake = Intake(sink, settings, clock=lambda: ARRIVAL_NS, limits=limits)
    app = Starlette(routes=list(routes(intake)))
    config = uvicorn.Config(app, log_level="error", lifespan="off", loop="uvloop", http="httptools")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until(lambda: server.started)
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, timeout=30) as client:
            yield Served(url, port, client, sink)
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


@pytest.fixture
def served() -> Iterator[Served]:
    with run_server() as running:
        yield running


@pytest.fixture(scope="session")
def serve() -> Callable[..., contextlib.AbstractContextManager[Served]]:
    return run_server


@pytest.fixture
def wait_until() -> Callable[..., None]:
    return until


@pytest.fixture(scope="session")
def make_push() -> Callable[..., Push]:
    """A push as a decoder sees it; keyword arguments replace its fields."""

    def make(body: bytes, **changes: Any) -> Push:
        return replace(Push(body=body, tenant="default", received_ns=ARRIVAL_NS), **changes)

    return make


@pytest.fixture(scope="session")
def rows() -> Callable[[Decoded], list[dict[str, Any]]]:
    """The records of a decoded body."""
    return lambda decoded: [row for payload in decoded.payloads for row in read_records(payload)]
