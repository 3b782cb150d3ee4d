"""Stream receivers on loopback in front of a sink that records, one good conversation for each protocol."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import orjson
import pytest
import trustme

from prologue.model.payload import Payload
from prologue.receive.limits import RateLimits
from prologue.receive.standing import Standing, Standings
from prologue.receive.streams.catalog import STREAMS
from prologue.receive.streams.contract import Endpoint, Listener, StreamLimits, Transport
from prologue.receive.streams.server import StreamServer
from prologue.receive.tls import TlsSettings
from tests.support.sink import RecordingSink

KINDS = {kind.name: kind for kind in STREAMS}


@dataclass(frozen=True)
class Talk:
    """How a protocol is spoken over a connection, to be told apart by the text of each message."""

    name: str
    message: Callable[[str], bytes]
    texts: Callable[[Payload], list[str]]
    half: bytes
    garbage: bytes


def _after_tab(payload: Payload) -> list[str]:
    return [line.partition(b"\t")[2].decode("utf-8", "replace") for line in bytes(payload.data).splitlines()]


def _syslog_texts(payload: Payload) -> list[str]:
    return [line.rpartition(" ")[2] for line in _after_tab(payload)]


def _gelf_texts(payload: Payload) -> list[str]:
    return [json.loads(line)["short_message"] for line in _after_tab(payload) if line.endswith("}")]


def _fluent_texts(payload: Payload) -> list[str]:
    return [orjson.loads(line)["message"] for line in bytes(payload.data).splitlines()]


TALKS = {
    "syslog": Talk(
        "syslog",
        lambda text: f"<14>1 - h a - - - {text}\n".encode(),
        _syslog_texts,
        b"<14>1 - h a - - - hal",
        b"\x00\xff\xfe garbage\n",
    ),
    "syslog counted": Talk(
        "syslog",
        lambda text: b"%d <14>1 - h a - - - %b" % (18 + len(text), text.encode()),
        _syslog_texts,
        b"300 <14>1 - h",
        b"no count here\n",
    ),
    "fluent": Talk(
        "fluent",
        lambda text: msgpack.packb(["app.web", 1_700_000_000, {"message": text}]),
        _fluent_texts,
        msgpack.packb(["app.web", 1_700_000_000, {"message": "x" * 100}])[:-40],
        msgpack.packb({"not": "a message"}),
    ),
    "gelf": Talk(
        "gelf",
        lambda text: b'{"version":"1.1","host":"h","short_message":"%b"}\0' % text.encode(),
        _gelf_texts,
        b'{"version":"1.1","ho',
        b"{broken\0",
    ),
}


@dataclass(frozen=True)
class Running:
    """A server with one listener."""

    server: StreamServer
    sink: RecordingSink
    standings: Standings
    transport: Transport

    @property
    def port(self) -> int:
        return int(self.server.listening[0][1].rpartition(":")[2])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def datagram(self, data: bytes) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(data, ("127.0.0.1", self.port))

    @property
    def standing(self) -> Standing:
        [standing] = self.standings.all()
        return standing

    def payloads(self) -> list[Payload]:
        return list(self.sink.payloads)

    def texts(self, talk: Talk) -> list[str]:
        return [text for payload in self.payloads() for text in talk.texts(payload)]


@contextlib.contextmanager
def run(
    name: str,
    transport: Transport = Transport.TCP,
    *,
    address: str = "127.0.0.1:0",
    settings: dict[str, Any] | None = None,
    limits: StreamLimits | None = None,
    rates: RateLimits | None = None,
    tls: TlsSettings | None = None,
    **listener: Any,
) -> Iterator[Running]:
    kind = KINDS[name]
    receiver = kind.make(kind.settings(**(settings or {})))
    endpoint = Endpoint(transport, address, f"{name}.listen", tls)
    one = Listener(receiver, endpoint, limits=limits or StreamLimits(), **listener)
    sink, standings = RecordingSink(), Standings()
    server = StreamServer([one], sink, standings=standings, rates=rates)
    server.start()
    try:
        yield Running(server, sink, standings, transport)
    finally:
        server.stop(5.0)


@pytest.fixture
def listen() -> Callable[..., contextlib.AbstractContextManager[Running]]:
    return run


@pytest.fixture(params=sorted(TALKS))
def talk(request) -> Talk:
    return TALKS[request.param]


@dataclass(frozen=True)
class Files:
    """PEM files: the server's, a sender's, and the authority that signed both."""

    cert: Path
    key: Path
    client: Path
    ca: Path

    def tls(self, *, mutual: bool = False) -> TlsSettings:
        return TlsSettings(self.cert, self.key, self.ca if mutual else None, "syslog")


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> Files:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    server = authority.issue_cert("localhost", "127.0.0.1")
    client = authority.issue_cert("sender.example.org")
    found = Files(*(folder / f"{name}.pem" for name in ("cert", "key", "client", "ca")))
    server.cert_chain_pems[0].write_to_path(found.cert)
    server.private_key_pem.write_to_path(found.key)
    client.private_key_and_cert_chain_pem.write_to_path(found.client)
    authority.cert_pem.write_to_path(found.ca)
    return found
