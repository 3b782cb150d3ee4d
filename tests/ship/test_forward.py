"""A durable queue to a sink: in order, released when it arrived, everything once whatever the sink says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from prologue.buffer.disk import DiskBuffer
from prologue.buffer.settings import BufferSettings
from prologue.model.errors import PayloadTooLarge, PositionConflict, TemporaryError
from prologue.model.payload import Payload, PayloadFormat, Receipt, SourcePosition
from prologue.ship.forward import Forwarder, merged
from tests.support.server import wait_until


class Endpoint:
    """Stores by position as a server does; `refuse` may answer an error for a payload."""

    def __init__(self) -> None:
        self.held: dict[str, int] = {}
        self.stored: list[bytes] = []
        self.refuse: Callable[[Payload], Exception | None] = lambda _payload: None
        self.lock = threading.Lock()

    def append(self, payload: Payload) -> Future[Receipt]:
        future: Future[Receipt] = Future()
        position = payload.position
        assert position is not None
        with self.lock:
            error = self.refuse(payload)
            held = self.held.get(position.source, 0)
            if error is None and position.end > held and position.start < held:
                error = PositionConflict("overlap", source=position.source, resume_at=held)
            if error is not None:
                future.set_exception(error)
                return future
            if position.end > held:
                self.held[position.source] = position.end
                self.stored.append(bytes(payload.data))
            future.set_result(Receipt(0))
        return future

    def durable_position(self, source: str) -> int:
        return self.held.get(source, 0)


def payload(data: bytes, position: SourcePosition | None = None) -> Payload:
    return Payload("t", PayloadFormat.LINES, data, 1, {"app": "a"}, {}, position)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[DiskBuffer]:
    buffer = DiskBuffer(tmp_path / "spool", BufferSettings(seal_after=0.01))
    yield buffer
    buffer.close()


def carried_on(spool: DiskBuffer, endpoint: Endpoint, name: str = "s") -> None:
    """Run a forwarder until the queue is empty."""
    forwarder = Forwarder(spool, endpoint, name)
    forwarder.start()
    wait_until(lambda: not spool.stats().segments and not spool.stats().waiting)
    assert forwarder.stop(10)


def test_everything_arrives_in_order(spool: DiskBuffer) -> None:
    for number in range(50):
        spool.append(payload(b"%d\n" % number))
    endpoint = Endpoint()
    carried_on(spool, endpoint)
    assert b"".join(endpoint.stored) == b"".join(b"%d\n" % number for number in range(50))


def test_neighbours_that_differ_in_nothing_travel_together() -> None:
    def at(start: int, data: bytes, received: int = 1, **labels: str) -> Payload:
        position = SourcePosition("s", start, start + len(data))
        return Payload("t", PayloadFormat.LINES, data, received, labels, {}, position)

    second = 1_000_000_000
    given = [
        at(0, b"a\n"),
        at(2, b"b\n", second),
        at(4, b"c\n", 3 * second),  # long after
        at(6, b"d", 3 * second),
        at(7, b"e\n", 3 * second),  # after a line without its end
        at(9, b"f\n", 3 * second, app="x"),
        at(20, b"g\n", 3 * second, app="x"),  # after a gap
    ]
    found = list(merged(given))
    assert [bytes(p.data) for p in found] == [b"a\nb\n", b"c\nd", b"e\n", b"f\n", b"g\n"]
    assert found[0].position == SourcePosition("s", 0, 4)


def test_a_segment_that_arrived_before_a_crash_is_not_repeated(tmp_path: Path) -> None:
    endpoint = Endpoint()
    folder = tmp_path / "spool"
    first = DiskBuffer(folder, BufferSettings(seal_after=60.0))
    for number in range(4):
        first.append(payload(b"%d\n" % number)).result(10)
    first.flush(10)
    segment = first.take(10)
    assert segment is not None
    place = Forwarder(first, endpoint, "s")
    place._send(segment)  # and then it is killed, before the release
    first.close()
    second = DiskBuffer(folder, BufferSettings(seal_after=0.01))
    carried_on(second, endpoint)
    second.close()
    assert endpoint.stored == [b"0\n1\n2\n3\n"]


def test_what_is_too_large_goes_in_pieces(spool: DiskBuffer) -> None:
    endpoint = Endpoint()
    endpoint.refuse = lambda p: PayloadTooLarge(len(p.data)) if len(p.data) > 8 else None
    lines = b"".join(b"n%d\n" % number for number in range(9))
    spool.append(payload(lines))
    spool.append(payload(b"y" * 20 + b"\n", SourcePosition("pipe", 100, 121)))
    carried_on(spool, endpoint)
    assert b"".join(part for part in endpoint.stored if b"n" in part) == lines
    assert b"".join(part for part in endpoint.stored if b"n" not in part) == b"y" * 20 + b"\n"
    assert endpoint.held["pipe"] == 121


def test_a_sink_that_holds_the_beginning_gets_the_rest(spool: DiskBuffer) -> None:
    endpoint = Endpoint()
    endpoint.held["pipe"] = 104
    spool.append(payload(b"0123456789", SourcePosition("pipe", 100, 110)))
    carried_on(spool, endpoint)
    assert endpoint.stored == [b"456789"]


def test_failures_are_tried_again(spool: DiskBuffer) -> None:
    failures = [TemporaryError("not now")]
    endpoint = Endpoint()
    endpoint.refuse = lambda _p: failures.pop() if failures else None
    spool.append(payload(b"line\n"))
    carried_on(spool, endpoint)
    assert endpoint.stored == [b"line\n"]


def test_a_defect_does_not_end_it(spool: DiskBuffer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prologue.ship.forward.PAUSE_SECONDS", 0.01)
    failures = [ValueError("a defect")]
    endpoint = Endpoint()

    def flawed(_payload: Payload) -> Exception | None:
        if failures:
            raise failures.pop()
        return None

    endpoint.refuse = flawed
    spool.append(payload(b"a\n"))
    carried_on(spool, endpoint)
    assert endpoint.stored == [b"a\n"]
