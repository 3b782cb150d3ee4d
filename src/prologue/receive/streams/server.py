"""The one socket layer under all stream receivers: one thread, one event loop, every listener.

    bind (fails early) -> accept or receive -> session -> batch -> buffer -> receipt

Sockets are bound when the server is made, so that a taken port costs nothing; they are read between
`start` and `stop`. The thread is not the HTTP server's: a burst of syslog must not hold up a query's
answer longer than the interpreter's lock does. Five thousand idle connections cost five thousand sockets
and a few kilobytes each.

Next chapter: `connections.py` and `datagrams.py`; `batching.py`, where both lead.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from prologue.model.errors import ConfigError
from prologue.model.payload import PayloadSink
from prologue.receive.limits import RateLimits
from prologue.receive.standing import Standings
from prologue.receive.streams.batching import Batcher
from prologue.receive.streams.connections import Connections
from prologue.receive.streams.contract import Endpoint, Listener, Transport
from prologue.receive.streams.datagrams import DatagramListener
from prologue.receive.streams.listening import Listening

logger = logging.getLogger(__name__)

# What the process needs besides senders' sockets: files, the engine, HTTP.
_OTHER_DESCRIPTORS = 1024


class _Bound:
    """One listener with its socket; what runs on the loop is made by `open`."""

    def __init__(
        self,
        listener: Listener,
        sink: PayloadSink,
        clock: Callable[[], int],
        standings: Standings,
        rates: RateLimits,
    ) -> None:
        self.socket = bind(listener.endpoint)
        self.listening = Listening(listener, bound_address(self.socket), standings, rates)
        self._sink = sink
        self._clock = clock
        self._connections: Connections | None = None
        self._datagrams: DatagramListener | None = None

    async def open(self) -> None:
        self._batcher = Batcher(
            self.listening.listener,
            self._sink,
            self.listening.tally,
            clock=self._clock,
            pressure=self._pressure,
        )
        if self.listening.listener.endpoint.transport in (Transport.UDP, Transport.UNIX):
            self._datagrams = DatagramListener(self.listening, self._batcher, self.socket)
            self._datagrams.start()
        else:
            self._connections = Connections(self.listening, self._batcher)
            await self._connections.listen(self.socket)

    async def close(self, seconds: float) -> bool:
        """Take no more, make what was taken durable, answer for it, hang up."""
        if self._datagrams is not None:
            self._datagrams.stop()
        if self._connections is not None:
            self._connections.finish()
        done = await self._batcher.drain(seconds)
        if self._connections is not None:
            self._connections.close()
        return done

    def release(self) -> None:
        self.socket.close()
        if self.listening.listener.endpoint.transport is Transport.UNIX:
            Path(self.listening.listener.endpoint.address).unlink(missing_ok=True)

    def _pressure(self, on: bool) -> None:
        if self._connections is not None:
            self._connections.read(not on)
        if self._datagrams is not None:
            self._datagrams.read(not on)


class StreamServer:
    """Every listener of this process. Raises `ConfigError` where an address cannot be had."""

    def __init__(
        self,
        listeners: Sequence[Listener],
        sink: PayloadSink,
        *,
        clock: Callable[[], int] = time.time_ns,
        standings: Standings | None = None,
        rates: RateLimits | None = None,
    ) -> None:
        standings, rates = standings or Standings(), rates or RateLimits()
        self._bound: list[_Bound] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self._seconds = 0.0
        self._drained = True
        self._failure: BaseException | None = None
        try:
            for listener in listeners:
                self._bound.append(_Bound(listener, sink, clock, standings, rates))
                _check_tls(listener.endpoint)
        except BaseException:
            self._release()
            raise

    def start(self) -> None:
        """Read from every socket, on a thread of its own. Raises `PrologueError` where one cannot be."""
        if not self._bound:
            return
        allow_descriptors(sum(bound.listening.listener.limits.max_connections for bound in self._bound))
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self, seconds: float) -> bool:
        """Take no more and make durable what was taken; whether all of it is after `seconds`."""
        thread, loop, stop = self._thread, self._loop, self._stop
        if thread is None or loop is None or stop is None:
            self._release()
            return True
        self._seconds = seconds
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(stop.set)
        thread.join(seconds + 1.0)
        self._thread = None
        self._release()
        return self._drained

    @property
    def listening(self) -> list[tuple[str, str]]:
        """Each listener's name and where it really is, in the order given: a port of 0 has become one."""
        return [(bound.listening.name, bound.listening.address) for bound in self._bound]

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # handed to whoever starts; after the start it is our defect
            if self._started.is_set():
                raise
            self._failure = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        for bound in self._bound:
            await bound.open()
        self._started.set()
        await self._stop.wait()
        results = await asyncio.gather(*(bound.close(self._seconds) for bound in self._bound))
        self._drained = all(results)

    def _release(self) -> None:
        for bound in self._bound:
            bound.release()


def bind(endpoint: Endpoint) -> socket.socket:
    """A bound socket that does not block. Raises `ConfigError` with the setting's key."""
    try:
        sock = _bind_path(endpoint) if endpoint.transport is Transport.UNIX else _bind_address(endpoint)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {endpoint.address} ({endpoint.transport}): {error.strerror or error}",
            key=endpoint.key,
            cure=f"stop what uses that address, or set {endpoint.key} to another",
        ) from error
    sock.setblocking(False)
    return sock


def _bind_address(endpoint: Endpoint) -> socket.socket:
    host, _, port = endpoint.address.rpartition(":")
    host = host.strip("[]") or "0.0.0.0"  # noqa: S104 - what ":5514" asks for
    kind = socket.SOCK_DGRAM if endpoint.transport is Transport.UDP else socket.SOCK_STREAM
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    try:
        if kind is socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, int(port)))
    except OSError:
        sock.close()
        raise
    return sock


def _bind_path(endpoint: Endpoint) -> socket.socket:
    """A socket in the file system; one that was left behind, and nobody reads, is replaced."""
    path = Path(endpoint.address)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        if path.is_socket():
            with contextlib.suppress(ConnectionRefusedError), socket.socket(sock.family, sock.type) as probe:
                probe.connect(str(path))
                raise FileExistsError(0, "another process reads that socket")
            path.unlink()
        sock.bind(str(path))
        path.chmod(0o666)
    except OSError:
        sock.close()
        raise
    return sock


def bound_address(sock: socket.socket) -> str:
    """`host:port` as it was really taken, or the path."""
    name = sock.getsockname()
    if not isinstance(name, tuple):
        return str(name)
    return f"[{name[0]}]:{name[1]}" if sock.family == socket.AF_INET6 else f"{name[0]}:{name[1]}"


def allow_descriptors(connections: int) -> None:
    """Raise this process's own limit on open files towards what the connections need.

    The soft limit is 1,024 on most systems; beyond it connections would be accepted by nobody.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        if allowed < wanted:
            logger.warning(
                "this process may open %d files, so fewer than the %d connections that are configured; "
                "raise the limit (ulimit -n, LimitNOFILE=) or lower max_connections",
                allowed,
                connections,
            )


def _check_tls(endpoint: Endpoint) -> None:
    """Read the certificate now: a wrong one is found at start, not by the first sender."""
    if endpoint.tls is not None:
        endpoint.tls.server_context()
