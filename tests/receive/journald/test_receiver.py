"""Entries as records, and uploads in pieces: stored once however they break off and come again."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from prologue.buffer.disk import DiskBuffer
from prologue.model.errors import BufferFull, PositionConflict
from prologue.receive import pieces
from prologue.receive.http import routes
from prologue.receive.intake import Intake
from prologue.receive.journald.receiver import behind, decode
from prologue.receive.limits import RateLimits
from prologue.receive.receiver import Decoded
from prologue.receive.settings import ReceiveSettings

SETTINGS = ReceiveSettings()
PATH = "/insert/journald/upload"


def entry(number: int, journal: str = "a", boot: str = "b", **fields: str) -> bytes:
    said = {
        "__CURSOR": f"s={journal * 32};i={number:x};b={boot * 32};m=1;t=2;x=3",
        "__REALTIME_TIMESTAMP": str(1_763_000_000_000_000 + number),
        "MESSAGE": f"entry {number} of {journal}{boot}",
        **fields,
    }
    return "".join(f"{name}={value}\n" for name, value in said.items()).encode() + b"\n"


def test_an_entry_becomes_a_record(make_push, rows):
    body = entry(1, PRIORITY="4", _HOSTNAME="n", _SYSTEMD_UNIT="x.service", _PID="7", SYSLOG_IDENTIFIER="y")
    [record] = rows(decode(make_push(body), SETTINGS))
    assert record["body"] == b"entry 1 of ab"
    assert record["timestamp"] == 1_763_000_000_000_001_000
    assert record["stream"] == '{"host":"n","service_name":"x","source":"journal","unit":"x.service"}'
    assert (record["severity_number"], record["severity_text"]) == (13, "warning")
    assert record["attributes"] == {"_PID": "7", "SYSLOG_IDENTIFIER": "y"}


@pytest.mark.parametrize(
    ("fields", "service"),
    [
        ({"CONTAINER_NAME": "web", "_SYSTEMD_UNIT": "docker.service"}, "web"),
        ({"_SYSTEMD_UNIT": "session-3.scope", "SYSLOG_IDENTIFIER": "sudo"}, "sudo"),
        ({"_COMM": "cron"}, "cron"),
        ({}, "unknown_service"),
    ],
)
def test_the_service(make_push, rows, fields, service):
    [record] = rows(decode(make_push(entry(1, **fields)), SETTINGS))
    assert f'"service_name":"{service}"' in record["stream"]


@pytest.mark.parametrize("value", ["", "x", "99999999999999999", "9999999999999999", "-5"])
def test_a_time_or_priority_that_is_none_is_left_out(make_push, rows, value):
    body = entry(1, PRIORITY=value).replace(b"TIMESTAMP=1763000000000001", b"TIMESTAMP=" + value.encode())
    [record] = rows(decode(make_push(body), SETTINGS))
    assert record["timestamp"] == 1_760_000_000_123_456_789
    assert record["severity_number"] == 0


def test_each_journal_and_boot_has_a_position_of_its_own(make_push, rows):
    body = entry(5) + entry(1, "c") + entry(6) + entry(9, boot="d") + b"MESSAGE=no cursor\n\n"
    decoded = decode(make_push(body, tenant="t"), SETTINGS)
    positions = [
        payload.position and (payload.position.start, payload.position.end) for payload in decoded.payloads
    ]
    assert positions == [(5, 7), (1, 2), (9, 10), None]
    assert len({payload.position.source for payload in decoded.payloads if payload.position}) == 3
    assert all(payload.position.source.startswith("t/") for payload in decoded.payloads[:3])
    assert decoded.records == len(rows(decoded)) == 5


def test_entries_out_of_order_have_no_position(make_push):
    assert decode(make_push(entry(6) + entry(5)), SETTINGS).payloads[0].position is None


def test_what_is_held_is_left_out(make_push):
    push = make_push(entry(1) + entry(2) + entry(1, "c"), tenant="t")
    source = decode(push, SETTINGS).payloads[0].position.source
    rest = behind(push, PositionConflict("held", source=source, resume_at=2))
    assert rest.replace(b"\n\n", b"\n") == (entry(2) + entry(1, "c")).replace(b"\n\n", b"\n")


class Failing:
    """A buffer that is full for the appends that a test names."""

    def __init__(self, buffer: DiskBuffer, fail: set[int]) -> None:
        self._buffer, self._fail, self._numbers = buffer, fail, itertools.count()

    def append(self, payload):
        if next(self._numbers) in self._fail:
            raise BufferFull("full")
        return self._buffer.append(payload)

    def durable_position(self, source: str) -> int:
        return self._buffer.durable_position(source)


@pytest.fixture
def buffer(tmp_path: Path) -> Iterator[DiskBuffer]:
    with DiskBuffer(tmp_path / "buffer") as opened:
        yield opened


async def send(sink, chunks: list[bytes]) -> int:
    async def body():
        for chunk in chunks:
            yield chunk

    transport = httpx.ASGITransport(Starlette(routes=list(routes(Intake(sink, SETTINGS)))))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.post(PATH, content=body())
    assert (answer.headers.get("connection") == "close") is not answer.is_success
    return answer.status_code


def stored(buffer: DiskBuffer, rows) -> list[bytes]:
    buffer.flush(10)
    found = []
    while (segment := buffer.take(0.5)) is not None:
        found += [row["body"] for row in rows(Decoded(tuple(segment.payloads()), 0))]
    return found


@pytest.mark.parametrize("failures", [{0}, {1}, {3}, {2, 5}, {0, 2, 4, 6, 8}])
@pytest.mark.parametrize("sizes", [(700, 450), (333, 1000), (64, 2000)])
def test_an_upload_that_fails_and_comes_again_is_stored_once(buffer, rows, monkeypatch, failures, sizes):
    """The pieces differ from try to try, as chunks in the network do, so they overlap what is held."""
    whole = b"".join(entry(number) for number in range(1, 60))
    sink = Failing(buffer, failures)
    statuses = []
    for attempt in range(len(failures) + 1):
        size = sizes[attempt % 2]
        monkeypatch.setattr(pieces, "PIECE_BYTES", size * 2)
        chunks = [whole[place : place + size] for place in range(0, len(whole), size)]
        statuses.append(asyncio.run(send(sink, chunks)))
        if statuses[-1] == 204:
            break
    assert statuses[-1] == 204
    assert set(statuses[:-1]) <= {429}
    assert stored(buffer, rows) == [b"entry %d of ab" % number for number in range(1, 60)]


def test_the_limit_is_for_an_entry_and_not_for_the_upload(served, serve):
    large = entry(1, A="x" * 3_000_000)
    # A piece is as large as what the server reads at once, some hundred kilobytes, where the limit is less.
    with serve(ReceiveSettings(max_body_bytes=100_000, max_decompressed_bytes=2_000_000)) as small:
        assert small.client.post(PATH, content=entry(1) * 20_000).status_code == 204
        assert len(small.sink.payloads) > 5
        assert small.client.post(PATH, content=large).status_code == 413
    assert served.client.post(PATH, content=large).status_code == 204


class Asked(RateLimits):
    """Counts how often a sender that is under way is asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.delays = 0

    def delay(self, receiver: str, tenant: str, source: str) -> float:
        assert (receiver, tenant, source) == ("journald", "default", "127.0.0.1")
        self.delays += 1
        return 0.001


def test_an_upload_that_goes_on_is_held_to_its_rate(serve):
    """A journal that is followed is one body for ever: a limit asked for at its start only would be none."""
    limits = Asked()
    settings = ReceiveSettings(max_body_bytes=100_000, max_decompressed_bytes=2_000_000)
    with serve(settings, limits) as small:
        assert small.client.post(PATH, content=entry(1) * 20_000).status_code == 204
        assert limits.delays == len(small.sink.payloads) > 2
