"""A real gRPC server on loopback in front of a sink that records what it is given."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from prologue.receive.grpc import health
from prologue.receive.grpc.access_logs import AccessLogs
from prologue.receive.grpc.logs import Logs
from prologue.receive.grpc.server import GrpcServer
from prologue.receive.intake import Intake
from prologue.receive.limits import RateLimits
from prologue.receive.settings import ReceiveSettings
from prologue.receive.tls import TlsSettings
from tests.receive.conftest import ARRIVAL_NS, RecordingSink, read_records

EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"


@dataclass(frozen=True)
class ServedGrpc:
    """A running server, a channel to it, and what it stored."""

    address: str
    server: GrpcServer
    channel: grpc.Channel
    sink: RecordingSink
    intake: Intake

    def records(self) -> list[dict[str, Any]]:
        return [row for payload in self.sink.payloads for row in read_records(payload)]

    def export(self, body: bytes, **options: Any) -> bytes:
        return self.channel.unary_unary(EXPORT)(body, timeout=30, **options)

    def refusal(self, body: bytes, **options: Any) -> grpc.RpcError:
        """The error of an export that must fail."""
        with pytest.raises(grpc.RpcError) as caught:
            self.export(body, **options)
        return caught.value


@contextlib.contextmanager
def run_grpc(
    settings: ReceiveSettings | None = None,
    *,
    tls: TlsSettings | None = None,
    limits: RateLimits | None = None,
) -> Iterator[ServedGrpc]:
    sink = RecordingSink()
    intake = Intake(sink, settings, clock=lambda: ARRIVAL_NS, limits=limits)
    server = GrpcServer(
        "127.0.0.1:0",
        [Logs(intake).handler(), AccessLogs(intake).handler(), health.handler()],
        max_message_bytes=intake.settings.max_body_bytes,
        tls=tls,
    ).start()
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.listening, options=options) as channel:
        yield ServedGrpc(server.listening, server, channel, sink, intake)
    server.stop(0)


@pytest.fixture
def served() -> Iterator[ServedGrpc]:
    with run_grpc() as running:
        yield running


@pytest.fixture
def serve() -> Callable[..., contextlib.AbstractContextManager[ServedGrpc]]:
    return run_grpc
