"""Every way in that answers: a push of the oracle's lines, and what the server said to it.

Next chapter: `tests/process/senders.py`, which pushes by all of them until it is stopped.
"""

from __future__ import annotations

import contextlib
import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

import grpc
import httpx
import msgpack
import orjson
import snappy
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tests.process.oracle import line_of
from tests.support.logproto import PushRequest

_TWO_DAYS = 172_800_000_000_000
_SECONDS = 30.0
_JSON = {"Content-Type": "application/json"}
_PROTOBUF = {"Content-Type": "application/x-protobuf"}


class Answer(Enum):
    """What became of a push, as far as its sender knows."""

    TAKEN = auto()
    WAIT = auto()
    """Refused, to be sent again later."""
    NONE = auto()
    """The server is gone, or said nothing in time."""


class WayIn(Protocol):
    """One connection to the server. `send` raises AssertionError for an answer that it must not give."""

    def send(self, ids: list[str], dice: random.Random) -> Answer: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Push:
    """One request. `headers` say what its body is."""

    path: str
    body: bytes
    headers: dict[str, str]


def json_lines(ids: list[str]) -> Push:
    body = b"\n".join(
        orjson.dumps({"_msg": line_of(found), "service_name": "oracle", "check": found, "n": found[-1]})
        for found in ids
    )
    return Push("/insert/jsonline?_stream_fields=service_name,n", body, _JSON)


def plain_lines(ids: list[str]) -> Push:
    body = "\n".join(map(line_of, ids)).encode()
    return Push("/insert/lines?service_name=oracle", body, {"Content-Type": "text/plain"})


def loki_json(ids: list[str]) -> Push:
    # On two days, so that a batch spans partitions and can be cut between them.
    now = time.time_ns()
    values = [
        [str(now - place % 2 * _TWO_DAYS), line_of(found), {"check": found}]
        for place, found in enumerate(ids)
    ]
    streams = [{"stream": {"app": "oracle"}, "values": values}]
    return Push("/loki/api/v1/push", orjson.dumps({"streams": streams}), _JSON)


def loki_protobuf(ids: list[str]) -> Push:
    request = PushRequest()
    stream = request.streams.add(labels='{app="oracle", form="protobuf"}')
    for place, found in enumerate(ids):
        entry = stream.entries.add(line=line_of(found))
        entry.timestamp.FromNanoseconds(time.time_ns() - place % 3 * _TWO_DAYS)
        entry.structuredMetadata.add(name="check", value=found)
    return Push("/loki/api/v1/push", snappy.compress(request.SerializeToString()), _PROTOBUF)


def otlp_protobuf(ids: list[str]) -> Push:
    return Push("/v1/logs", _otlp(ids), _PROTOBUF)


def elasticsearch_bulk(ids: list[str]) -> Push:
    pairs = (
        b'{"create":{"_index":"oracle"}}\n' + orjson.dumps({"message": line_of(found), "check": found})
        for found in ids
    )
    return Push("/_bulk", b"\n".join(pairs) + b"\n", {"Content-Type": "application/x-ndjson"})


def splunk_events(ids: list[str]) -> Push:
    events = (orjson.dumps({"event": line_of(found), "fields": {"check": found}}) for found in ids)
    return Push("/services/collector/event", b"".join(events), _JSON)


def datadog_logs(ids: list[str]) -> Push:
    entries = [{"message": line_of(found), "service": "oracle", "check": found} for found in ids]
    return Push("/api/v2/logs", orjson.dumps(entries), _JSON)


def _otlp(ids: list[str]) -> bytes:
    request = ExportLogsServiceRequest()
    resource = request.resource_logs.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "oracle"
    records = resource.scope_logs.add().log_records
    for found in ids:
        record = records.add(time_unix_nano=time.time_ns())
        record.body.string_value = line_of(found)
        record.attributes.add(key="check").value.string_value = found
    encoded: bytes = request.SerializeToString()
    return encoded


PUSHES: tuple[Callable[[list[str]], Push], ...] = (
    json_lines,
    plain_lines,
    loki_json,
    loki_protobuf,
    otlp_protobuf,
    elasticsearch_bulk,
    splunk_events,
    datadog_logs,
)


class Http:
    """Pushes over HTTP, in a form that the dice choose."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=_SECONDS)

    def send(self, ids: list[str], dice: random.Random) -> Answer:
        push = dice.choice(PUSHES)(ids)
        try:
            answer = self._client.post(push.path, content=push.body, headers=push.headers)
        except httpx.HTTPError:
            return Answer.NONE
        said = f"{push.path} answered {answer.status_code}: {answer.text}"
        if answer.is_success:
            # Elasticsearch has an answer for each document.
            assert push.path != "/_bulk" or answer.json()["errors"] is False, said
            return Answer.TAKEN
        assert answer.status_code in (429, 503), said
        assert "Retry-After" in answer.headers, said
        return Answer.WAIT

    def close(self) -> None:
        self._client.close()


class Grpc:
    """OTLP over gRPC."""

    _GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)

    def __init__(self, port: int) -> None:
        self._channel = grpc.insecure_channel(
            f"127.0.0.1:{port}", options=[("grpc.max_reconnect_backoff_ms", 500)]
        )
        self._export = self._channel.unary_unary("/opentelemetry.proto.collector.logs.v1.LogsService/Export")

    def send(self, ids: list[str], _dice: random.Random) -> Answer:
        try:
            self._export(_otlp(ids), timeout=_SECONDS)
        except grpc.RpcError as error:
            if error.code() in self._GONE:
                return Answer.NONE
            assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED, error
            return Answer.WAIT
        return Answer.TAKEN

    def close(self) -> None:
        self._channel.close()


class Fluent:
    """Fluent Forward, a chunk at a time, each acknowledged before the next."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None

    def send(self, ids: list[str], _dice: random.Random) -> Answer:
        events = [[int(time.time()), {"message": line_of(found), "check": found}] for found in ids]
        chunk = ids[0]
        try:
            if self._connection is None:
                self._connection = socket.create_connection(("127.0.0.1", self._port), timeout=_SECONDS)
            self._connection.sendall(msgpack.packb(["oracle", events, {"chunk": chunk}]))
            said = self._connection.recv(4096)
        except OSError:
            said = b""
        if not said:
            self.close()
            return Answer.NONE
        assert msgpack.unpackb(said) == {"ack": chunk}, said
        return Answer.TAKEN

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.close()
            self._connection = None
