"""Senders: threads that post bodies made beforehand and note how long each acknowledgement took.

Plain sockets and slices of mapped memory, because the load shares the machine with the server: a client
library would spend a tenth of what the server does. `rows_per_second` paces all senders together.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.encodings import Bodies, Body

_TIMEOUT = 120.0
_PAUSE = 0.02  # seconds before a refused body is sent again


@dataclass(frozen=True)
class Sent:
    """What sending came to. `seconds` until the last acknowledgement; `cpu_seconds` of the senders."""

    rows: int
    raw_bytes: int
    seconds: float
    cpu_seconds: float
    latencies: tuple[float, ...]
    refused: int

    def percentile(self, share: float) -> float:
        """Seconds within which `share` of the bodies were acknowledged."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def send(
    url: str, target: str, bodies: Bodies, *, senders: int = 4, rows_per_second: float = 0, rows: int = 0
) -> Sent:
    """Post the bodies, or the first `rows` of them, to `target`.

    What is refused for now (429, 503) is sent again, as a good sender does.
    """
    chosen = list(_first(bodies.bodies, rows or bodies.rows))
    job = _Job(url, target, bodies, iter(chosen), rows_per_second)
    started, cpu = time.monotonic(), time.process_time()
    threads = [threading.Thread(target=job.run, daemon=True) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if job.failure:
        raise job.failure
    return Sent(
        sum(body.rows for body in chosen),
        sum(body.raw_bytes for body in chosen),
        time.monotonic() - started,
        time.process_time() - cpu,
        tuple(job.latencies),
        job.refused,
    )


def _first(bodies: Iterable[Body], rows: int) -> Iterator[Body]:
    for body in bodies:
        if rows <= 0:
            return
        yield body
        rows -= body.rows


@dataclass
class _Job:
    """What the senders of one load share."""

    url: str
    target: str
    bodies: Bodies
    waiting: Iterator[Body]
    rows_per_second: float
    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    failure: Exception | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _due: float = 0.0

    def run(self) -> None:
        try:
            address = urlsplit(self.url)
            assert address.hostname is not None
            assert address.port is not None
            with socket.create_connection((address.hostname, address.port), _TIMEOUT) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while self.failure is None and (body := self._next()) is not None:
                    self._post(connection, body)
        except Exception as error:  # carried to the caller's thread, which raises it
            self.failure = error

    def _next(self) -> Body | None:
        """The next body, when it is due."""
        with self._lock:
            body = next(self.waiting, None)
            if body is None or not self.rows_per_second:
                return body
            due = max(self._due, time.monotonic())
            self._due = due + body.rows / self.rows_per_second
        time.sleep(max(0.0, due - time.monotonic()))
        return body

    def _post(self, connection: socket.socket, body: Body) -> None:
        data = self.bodies.bytes_of(body)
        target = f"{self.target}?{body.query}" if body.query else self.target
        head = (
            f"POST {target} HTTP/1.1\r\nHost: bench\r\nContent-Type: {self.bodies.content_type}\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        ).encode()
        while True:
            started = time.monotonic()
            connection.sendall(head)
            connection.sendall(data)
            status, answer = _answer(connection)
            if status in (429, 503):
                self.refused += 1
                time.sleep(_PAUSE)
                continue
            if status >= 300:
                raise RuntimeError(f"{target} answered {status}: {answer[:300]!r}")
            self.latencies.append(time.monotonic() - started)
            return


def _answer(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of one HTTP/1.1 answer with a length, which is what every server here sends."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _received(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    status = int(lines[0].split(b" ")[1])
    fields = {name.lower(): value for name, _, value in (line.partition(b":") for line in lines[1:])}
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        while not body.endswith(b"0\r\n\r\n"):
            body += _received(connection)
        return status, body
    length = int(fields.get(b"content-length", b"0"))
    while len(body) < length:
        body += _received(connection)
    return status, body


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise RuntimeError("the server closed the connection before it answered")
    return data
