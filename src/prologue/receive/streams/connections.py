"""Connections of one listener, over TCP or TLS: a socket and a session each, never a thread.

Reading stops while the listener is crowded, and while a sender does not read what it is answered, so that
neither can make the process grow; TCP carries that back to the sender. What a connection holds of a record
that is not whole is charged to the listener, and the one that asks for too much is closed, with the reason
in the log. Next chapter: `batching.py`, where records go.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Coroutine
from typing import Any, cast

from prologue.model.errors import LimitError
from prologue.receive.streams.batching import Batcher
from prologue.receive.streams.contract import Session, Taken
from prologue.receive.streams.listening import Listening
from prologue.receive.streams.sources import plain_address
from prologue.telemetry import metrics

# What a sender may leave unread of its answers before it is not read from any more.
_UNREAD_ANSWERS = 64 * 1024
_BACKLOG = 1024
_ACCEPT_AGAIN_SECONDS = 1.0


class Connections:
    """All open connections of one listener."""

    def __init__(self, listening: Listening, batcher: Batcher) -> None:
        self.listening = listening
        self.batcher = batcher
        self.open: set[Connection] = set()
        self.unfinished = 0
        self._loop = asyncio.get_running_loop()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()  # of TLS: the one that accepts, and handshakes

    async def listen(self, sock: socket.socket) -> None:
        """Accept connections on a bound socket from now on."""
        tls = self.listening.listener.endpoint.tls
        if tls is None:
            self._server = await self._loop.create_server(
                lambda: Connection(self), sock=sock, backlog=_BACKLOG
            )
        else:
            sock.listen(_BACKLOG)
            context = tls.server_context()
            # Tickets to resume a session would be all we ever send to most senders, who never read: one that
            # closes with bytes unread resets the connection, and the kernel drops what it had still to send.
            context.num_tickets = 0
            self._start(self._accept(sock, context))

    def has_room(self) -> bool:
        return len(self.open) < self.listening.listener.limits.max_connections

    def read(self, resumed: bool) -> None:
        """Read from every connection again, or from none."""
        for connection in self.open:
            connection.read(resumed)

    def finish(self) -> None:
        """Read no more; what was read of a record that is not whole is taken as it is."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        for connection in list(self.open):
            connection.read(False)
            connection.finish()

    def close(self) -> None:
        for connection in list(self.open):
            connection.close()

    def hold(self, connection: Connection, change: int) -> None:
        self.unfinished += change
        limit = self.listening.listener.limits.max_unfinished_bytes
        if change > 0 and self.unfinished > limit:
            connection.refuse(
                LimitError(
                    f"all connections together hold {self.unfinished} bytes of records that are not whole;"
                    f" the limit is {limit}"
                )
            )

    async def _accept(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        """TLS is begun here and not by the loop's server, which drops a failed handshake in silence."""
        while True:
            try:
                accepted, peer = await self._loop.sock_accept(sock)
            except OSError as error:  # no descriptors left, mostly
                self.listening.complain(f"no connection can be accepted: {error.strerror}")
                await asyncio.sleep(_ACCEPT_AGAIN_SECONDS)
                continue
            if len(self.open) + len(self._tasks) > self.listening.listener.limits.max_connections:
                self.listening.refuse_connection(_host(peer))
                accepted.close()
            else:
                self._start(self._shake_hands(accepted, _host(peer), context))

    async def _shake_hands(self, accepted: socket.socket, address: str, context: ssl.SSLContext) -> None:
        try:
            await self._loop.connect_accepted_socket(
                lambda: Connection(self),
                accepted,
                ssl=context,
                ssl_handshake_timeout=self.listening.listener.limits.handshake_seconds,
            )
        except OSError as error:  # a time-out and what TLS finds wrong are among them
            accepted.close()
            reason = getattr(error, "reason", None) or str(error) or type(error).__name__
            self.listening.complain(f"no TLS with {address}: {reason}")

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _host(peer: object) -> str:
    """The address without the port."""
    return plain_address(str(peer[0])) if isinstance(peer, tuple) and peer else ""


class Connection(asyncio.Protocol):
    """One sender."""

    __slots__ = (
        "_address",
        "_blocked",
        "_connections",
        "_held",
        "_place",
        "_resting",
        "_session",
        "_transport",
        "_unread",
    )

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._session: Session | None = None
        self._held = 0
        self._blocked = False
        self._unread = False
        self._resting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        listening = self._connections.listening
        self._transport = cast(asyncio.Transport, transport)
        self._address = _host(transport.get_extra_info("peername"))
        if not self._connections.has_room():
            listening.refuse_connection(self._address)
            self._transport.abort()
            return
        receiver = listening.listener.receiver
        assert receiver.session is not None
        self._place = listening.places.of(self._address)
        self._session = receiver.session(self._address)
        self._transport.set_write_buffer_limits(high=_UNREAD_ANSWERS)
        self._connections.open.add(self)
        listening.connected(1)
        if self._connections.batcher.crowded:
            self.read(False)
        if greeting := self._session.greeting():
            self._transport.write(greeting)

    def data_received(self, data: bytes) -> None:
        if self._session is None:  # turned away
            return
        listening = self._connections.listening
        metrics.RECEIVE_WIRE_BYTES.labels(listening.listener.receiver.name).inc(len(data))
        for taken in self._session.feed(data):
            self._take(taken)
        self._charge(self._session.held)

    def eof_received(self) -> None:
        self.finish()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (the protocol's shape)
        if self._session is None:
            return
        self.finish()
        if self._resting is not None:
            self._resting.cancel()
        self._session = None
        self._connections.open.discard(self)
        self._connections.listening.connected(-1)

    def pause_writing(self) -> None:
        self._unread = True
        self._apply()

    def resume_writing(self) -> None:
        self._unread = False
        self._apply()

    def read(self, resumed: bool) -> None:
        """Whether the listener has room for what this sender sends."""
        self._blocked = not resumed
        self._apply()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def refuse(self, error: LimitError) -> None:
        """End it at once for what it did."""
        self._connections.listening.complain(f"{self._address}: {error.message}")
        assert self._transport is not None
        self._transport.abort()

    def finish(self) -> None:
        """The last record may lack its end."""
        if self._session is None:
            return
        for taken in self._session.end():
            self._take(taken)
        self._charge(0)

    def _charge(self, held: int) -> None:
        change, self._held = held - self._held, held
        if change:
            self._connections.hold(self, change)

    def _take(self, taken: Taken) -> None:
        assert self._transport is not None
        if taken.error is not None:
            self._connections.listening.complain(f"{self._address}: {taken.error.message}")
        if taken.reply:
            self._transport.write(taken.reply)
        if taken.records:
            receipt = (lambda: self._send(taken.receipt)) if taken.receipt else None
            self._connections.batcher.add(self._place, taken, receipt)
            if delay := self._connections.listening.charge(self._place, self._address, taken):
                self._rest(delay)
        if taken.close:
            self._transport.close()

    def _send(self, receipt: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(receipt)

    def _rest(self, seconds: float) -> None:
        """Read on when the sender owes nothing any more."""
        if self._resting is not None:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(seconds, self._rested)
        self._apply()

    def _rested(self) -> None:
        self._resting = None
        self._apply()

    def _apply(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        wanted = not (self._blocked or self._unread or self._resting)
        if wanted and not transport.is_reading():
            transport.resume_reading()
        elif not wanted and transport.is_reading():
            transport.pause_reading()
