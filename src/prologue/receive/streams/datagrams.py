"""Datagrams of one listener, over UDP or a socket in the file system.

The socket is read in runs, many datagrams a turn of the loop, because a callback for each costs more than
reading it. UDP cannot be told to slow down: what cannot be kept is counted, both what arrives while
the listener is crowded and what the kernel dropped because its own queue was full, and said in the log.

Next chapter: `batching.py`, where records go.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Sequence

from prologue.receive.streams.batching import Batcher, Place
from prologue.receive.streams.contract import Datagrams, Transport
from prologue.receive.streams.listening import Listening
from prologue.receive.streams.sources import plain_address
from prologue.telemetry import metrics

_LARGEST = 65_536
_RUN = 512
_LAST_RUNS = 100
_QUEUE_BYTES = 8 * 1024 * 1024
_CHECK_SECONDS = 1.0

# linux/include/uapi/asm-generic/socket.h and linux/sock_diag.h: the socket's memory, and which of the
# numbers counts datagrams dropped.
_SO_RCVBUFFORCE = 33
_SO_MEMINFO = 55
_MEMINFO_BYTES = 36
_MEMINFO_DROPS = 8

Pairs = list[tuple[bytes, str]]


class DatagramListener:
    """Reads `sock` from `start` to `stop`, on the running loop."""

    def __init__(self, listening: Listening, batcher: Batcher, sock: socket.socket) -> None:
        make = listening.listener.receiver.datagrams
        assert make is not None
        self._datagrams: Datagrams = make()
        self._listening = listening
        self._batcher = batcher
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self._dropped = 0
        self._timer: asyncio.TimerHandle | None = None
        self._local = listening.listener.endpoint.transport is Transport.UNIX
        self._mapped = sock.family == socket.AF_INET6

    def start(self) -> None:
        ask_for_room(self._socket)
        self._dropped = kernel_drops(self._socket)
        self._loop.add_reader(self._socket.fileno(), self._read)
        self._timer = self._loop.call_later(_CHECK_SECONDS, self._check)

    def read(self, resumed: bool) -> None:
        """Only a local sender can be made to wait; what is not read of UDP is lost all the same."""
        if self._local and resumed:
            self._loop.add_reader(self._socket.fileno(), self._read)
        elif self._local:
            self._loop.remove_reader(self._socket.fileno())

    def stop(self) -> None:
        """Take what the kernel holds already, then read no more; who goes on sending cannot hold this up."""
        for _ in range(_LAST_RUNS):
            if (self._local and self._batcher.crowded) or not self._read():
                break
        self._loop.remove_reader(self._socket.fileno())
        if self._timer is not None:
            self._timer.cancel()
        self._count_kernel_drops()

    def _read(self) -> int:
        pairs = self._receive()
        if not pairs:
            return 0
        name = self._listening.listener.receiver.name
        metrics.RECEIVE_WIRE_BYTES.labels(name).inc(sum(len(data) for data, _ in pairs))
        if self._batcher.crowded:
            self._listening.lose(
                len(pairs), "crowded", "datagrams came faster than they can be stored, or the buffer is full"
            )
        else:
            for place, members in self._by_place(pairs).items():
                self._take(place, members)
        return len(pairs)

    def _receive(self) -> Pairs:
        receive = self._socket.recvfrom
        pairs: Pairs = []
        with contextlib.suppress(BlockingIOError):
            for _ in range(_RUN):
                data, peer = receive(_LARGEST)
                pairs.append((data, "" if self._local else peer[0]))
        return [(data, plain_address(address)) for data, address in pairs] if self._mapped else pairs

    def _by_place(self, pairs: Pairs) -> dict[Place, Pairs]:
        """By tenant and time zone, without those whose sender is over a rate."""
        if self._listening.is_simple:
            return {self._listening.places.default: pairs}
        found: dict[Place, Pairs] = {}
        limited = 0
        for pair in pairs:
            place = self._listening.places.of(pair[1])
            if self._listening.admits(place, pair[1], len(pair[0])):
                found.setdefault(place, []).append(pair)
            else:
                limited += 1
        if limited:
            self._listening.lose(limited, "limited", "datagrams over a limit of their tenant or sender")
        return found

    def _take(self, place: Place, pairs: Sequence[tuple[bytes, str]]) -> None:
        for taken in self._datagrams.take(pairs, self._loop.time()):
            if taken.error is not None and taken.lost:
                self._listening.lose(taken.lost, "incomplete", taken.error.message)
            elif taken.error is not None:
                self._listening.complain(taken.error.message)
            if taken.records:
                self._batcher.add(place, taken)

    def _check(self) -> None:
        self._count_kernel_drops()
        self._take(self._listening.places.default, ())
        self._timer = self._loop.call_later(_CHECK_SECONDS, self._check)

    def _count_kernel_drops(self) -> None:
        drops = kernel_drops(self._socket)
        new, self._dropped = (drops - self._dropped) % 2**32, drops
        if new:
            self._listening.lose(
                new, "kernel", "the kernel's queue was full; raise net.core.rmem_max, or send over TCP"
            )


def ask_for_room(sock: socket.socket) -> None:
    """A long queue in the kernel: what a burst fills while this process is busy. Root gets all of it, others
    what net.core.rmem_max allows."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _QUEUE_BYTES)
    with contextlib.suppress(PermissionError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _QUEUE_BYTES)


def kernel_drops(sock: socket.socket) -> int:
    """Datagrams the kernel dropped for this socket, modulo 2**32; 0 where it does not tell."""
    try:
        numbers = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO_BYTES)
    except OSError:
        return 0
    return int.from_bytes(numbers[4 * _MEMINFO_DROPS : 4 * _MEMINFO_DROPS + 4], "little")
