"""What a protocol on a socket is: sessions that find records in bytes, and a way to seal records.

    bytes of one connection -> Session.feed -> Taken -> batch of a listener -> payload -> buffer

A session belongs to one connection and to one thread; it performs no I/O, keeps no more than it says in
`held`, and works on chunks of bytes, never byte by byte. Whatever the bytes, it raises nothing: what is
wrong with them is a `Taken.error`, and good records beside them are still taken.

Records of all connections that agree in tenant, time zone and kind stand in one batch, because five
thousand senders of a line a second each must not make five thousand payloads a second. So what is said of
a single sender (its address) has to stand in each record. Next chapter: `batching.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from prologue.model.errors import UserError
from prologue.model.payload import Payload
from prologue.receive.tls import TlsSettings


class Transport(StrEnum):
    """How bytes reach a listener; `UNIX` is a datagram socket in the file system, as /dev/log is."""

    TCP = "tcp"
    TLS = "tls"
    UDP = "udp"
    UNIX = "unix"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a session made of some bytes.

    `data` holds `records` whole records. `reply` is written at once, `receipt` once the data are durable.
    `error` is counted and logged; `close` ends the connection when the replies are written. `lost` counts
    records of which a part never came, for the reason in `error`.
    """

    data: bytes = b""
    records: int = 0
    kind: str = ""
    reply: bytes = b""
    receipt: bytes = b""
    error: UserError | None = None
    close: bool = False
    lost: int = 0


class Session(Protocol):
    """One connection's framing. See the module's opening for its duties."""

    @property
    def held(self) -> int:
        """Bytes kept of a record that is not whole yet."""
        ...

    def greeting(self) -> bytes:
        """What the server says first; empty in most protocols."""
        ...

    def feed(self, data: bytes) -> Sequence[Taken]: ...

    def end(self) -> Sequence[Taken]:
        """The sender has closed its side: what is left may still be a record."""
        ...


class Datagrams(Protocol):
    """One listener's datagrams. `take` gets pairs of datagram and sender's address, in order of arrival;
    `now` is a monotonic time in seconds, by which what waits for its other half is given up."""

    def take(self, datagrams: Sequence[tuple[bytes, str]], now: float) -> Sequence[Taken]: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Whole records that one payload is to hold. `received_ns` is when the first of them came."""

    tenant: str
    zone: str
    kind: str
    transport: Transport
    data: bytes
    records: int
    received_ns: int


@dataclass(frozen=True, slots=True)
class StreamReceiver:
    """One protocol with its settings: `session` for connections, `datagrams` for datagrams, either None
    where the protocol has no such thing. A session is told its sender's address."""

    name: str
    payload: Callable[[Batch], Payload]
    session: Callable[[str], Session] | None = None
    datagrams: Callable[[], Datagrams] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to listen: `host:port`, or a path for `UNIX`. `key` is the setting that says so."""

    transport: Transport
    address: str
    key: str
    tls: TlsSettings | None = None


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Bounds on what senders cost; sizes in bytes, times in seconds.

    `max_connections` bounds one listener. `max_unfinished_bytes` bounds what all connections of a listener
    hold of records that are not whole; `max_held_bytes` what a listener took and is not durable: over it
    connections are not read and datagrams are dropped. A batch is sealed at `batch_bytes` or after
    `batch_seconds`; one whose sender waits for a receipt, at once.
    """

    max_connections: int = 10_000
    max_unfinished_bytes: int = 128 * 1024 * 1024
    max_held_bytes: int = 32 * 1024 * 1024
    batch_bytes: int = 1024 * 1024
    batch_seconds: float = 0.15
    handshake_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Listener:
    """A protocol at an endpoint, and what is known of senders by their address: networks in CIDR notation
    to tenants and time zones, the longest match counts."""

    receiver: StreamReceiver
    endpoint: Endpoint
    tenant: str = "default"
    zone: str = "UTC"
    tenants: tuple[tuple[str, str], ...] = ()
    zones: tuple[tuple[str, str], ...] = ()
    limits: StreamLimits = field(default_factory=StreamLimits)
