"""Streams of access logs: joined, durable before more is read, slowed down instead of refused."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import grpc
import pytest

from prologue.model.errors import BufferFull
from prologue.receive.grpc import access_logs
from prologue.receive.limits import LimitSettings, RateLimits
from tests.receive.envoy.conftest import http, message, tcp

STREAM = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs"


class Sender:
    """One open stream; `send` puts a message on it."""

    def __init__(self, channel: grpc.Channel, **options) -> None:
        self._messages: queue.Queue[bytes | None] = queue.Queue()
        self.call = channel.stream_unary(STREAM).future(self._each(), timeout=60, **options)

    def _each(self) -> Iterator[bytes]:
        while (found := self._messages.get()) is not None:
            yield found

    def send(self, body: bytes) -> None:
        self._messages.put(body)

    def end(self) -> bytes:
        self._messages.put(None)
        return self.call.result(30)


@pytest.fixture
def sender(served) -> Iterator[Sender]:
    made = Sender(served.channel)
    yield made
    made.send(None)


def paths(served) -> list[str | None]:
    return [row["attributes"].get("path") for row in served.records()]


def test_a_stream_to_its_end(served, sender, monkeypatch):
    monkeypatch.setattr(access_logs, "LINGER", 60.0)
    sender.send(message(http(path=b"/1")))
    for number in range(2, 20):
        sender.send(message(http(path=b"/%d" % number), node=""))
    assert sender.end() == b""
    assert paths(served) == [f"/{number}" for number in range(1, 20)]
    assert {row["stream"] for row in served.records()} == {
        '{"envoy_node":"n1","log_name":"ingress","service_name":"edge"}'
    }
    assert len(served.sink.payloads) == 1  # joined


def test_what_came_is_stored_while_the_stream_stays_open(served, sender, wait_until):
    sender.send(message(http(path=b"/1")))
    wait_until(lambda: paths(served) == ["/1"])
    sender.send(message(http(path=b"/2"), node=""))
    wait_until(lambda: paths(served) == ["/1", "/2"])
    assert served.intake.standings.tally("envoy", "").standing().connections == 1
    assert not sender.call.done()
    sender.end()
    wait_until(lambda: served.intake.standings.tally("envoy", "").standing().connections == 0)


def test_tcp_entries(served, sender):
    sender.send(message(tcp()))
    sender.end()
    assert served.records()[0]["attributes"]["bytes_sent"] == "22"


def test_a_full_buffer_slows_the_stream_down_and_loses_nothing(served, sender, wait_until):
    served.sink.refusal = BufferFull("full", retry_after=0)
    sender.send(message(http(path=b"/1")))
    tally = served.intake.standings.tally("envoy", "")
    wait_until(lambda: tally.standing().errors >= 3)
    sender.send(message(http(path=b"/2"), node=""))
    assert not sender.call.done()
    served.sink.refusal = None
    sender.end()
    assert paths(served) == ["/1", "/2"]
    assert tally.standing().last_error == "full"


def test_a_rate_slows_the_stream_down(serve):
    with serve(limits=RateLimits(LimitSettings(tenant_lines=1, burst=1))) as served:
        sender = Sender(served.channel)
        sender.send(message(http(), http()))
        sender.end()
        again = Sender(served.channel)
        again.send(message(http()))
        again.end()
        assert len(served.records()) == 3
        assert "tenant 'default'" in served.intake.standings.tally("envoy", "").standing().last_error


def test_what_had_come_of_a_broken_stream_is_stored_when_there_is_room_again(served, sender, wait_until):
    served.sink.refusal = BufferFull("full", retry_after=0)
    sender.send(message(http(path=b"/1")))
    tally = served.intake.standings.tally("envoy", "")
    wait_until(lambda: tally.standing().errors > 0)
    sender.call.cancel()
    wait_until(lambda: tally.standing().connections == 0)
    served.sink.refusal = None
    wait_until(lambda: paths(served) == ["/1"])


def test_what_was_gathered_when_the_server_stops_is_stored(served, sender, monkeypatch):
    monkeypatch.setattr(access_logs, "LINGER", 60.0)
    gathered = threading.Event()
    add = access_logs._Sender._add

    def added(self, found: bytes) -> None:
        add(self, found)
        gathered.set()

    monkeypatch.setattr(access_logs._Sender, "_add", added)
    sender.send(message(http(path=b"/1")))
    assert gathered.wait(20)
    served.server.stop(0.1)
    assert paths(served) == ["/1"]


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_compressed_messages(served, compression):
    sender = Sender(served.channel, compression=compression)
    sender.send(message(*[http()] * 50))
    sender.end()
    assert len(served.records()) == 50


def test_the_tenant_is_metadata(served):
    sender = Sender(served.channel, metadata=[("x-scope-orgid", "mesh")])
    sender.send(message(http()))
    sender.end()
    assert [payload.tenant for payload in served.sink.payloads] == ["mesh"]


@pytest.mark.parametrize(
    ("body", "reason"), [(b"\x0a\xff", "not an access log message"), (b"\x1f\x8b no", "not valid gzip")]
)
def test_a_message_that_is_none_ends_the_stream(served, sender, body, reason):
    sender.send(body)
    with pytest.raises(grpc.RpcError) as caught:
        sender.end()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason in caught.value.details()
    assert reason in served.intake.standings.tally("envoy", "").standing().last_error


def test_what_stands_beside_a_message_that_is_none_is_stored(served, sender, monkeypatch):
    monkeypatch.setattr(access_logs, "LINGER", 60.0)
    for number in range(7):
        sender.send(message(http(path=b"/%d" % number)) if number != 3 else b"\x12\x04\x0a\x02\xff\xff")
    with pytest.raises(grpc.RpcError) as caught:
        sender.end()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "an entry is not protobuf" in caught.value.details()
    assert sorted(paths(served)) == [f"/{number}" for number in range(7) if number != 3]


def test_an_empty_stream(served, sender):
    assert sender.end() == b""
    assert not served.sink.payloads


def test_what_came_before_a_message_that_cannot_be_unpacked_is_stored(served, sender, monkeypatch):
    """Nobody sends it again: Envoy is never told which messages arrived."""
    monkeypatch.setattr(access_logs, "LINGER", 60.0)
    sender.send(message(http(path=b"/1")))
    sender.send(message(http(path=b"/2"), node=""))
    sender.send(b"\x1f\x8b no gzip")
    with pytest.raises(grpc.RpcError, match="gzip"):
        sender.call.result(30)
    assert paths(served) == ["/1", "/2"]
