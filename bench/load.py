"""Senders: threads that post slices of a file and note how long each acknowledgement took."""

from __future__ import annotations

import http.client
import mmap
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Sent:
    """What sending came to: bytes, seconds until the last acknowledgement, each one's latency."""

    bytes: int
    seconds: float
    latencies: tuple[float, ...]
    refused: int

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def slices(file: mmap.mmap, size: int) -> Iterator[bytes]:
    """The file in bodies of about `size` bytes, cut at line ends."""
    start = 0
    while start < len(file):
        end = len(file) if start + size >= len(file) else file.rfind(b"\n", start, start + size) + 1
        yield file[start:end]
        start = end


def send(url: str, path: Path, target: str, *, body_bytes: int = 1 << 20, senders: int = 4) -> Sent:
    """Post the file to `target`; a 429 is tried again after a short pause, as a good sender does."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        bodies = slices(mapped, body_bytes)
        sender = _Sender(url, target, bodies)
        started = time.monotonic()
        threads = [threading.Thread(target=sender.run) for _ in range(senders)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - started
        if sender.failure:
            raise sender.failure
        return Sent(len(mapped), seconds, tuple(sender.latencies), sender.refused)


class _Sender:
    def __init__(self, url: str, target: str, bodies: Iterator[bytes]) -> None:
        self._address = urlsplit(url)
        self._target = target
        self._bodies = bodies
        self._lock = threading.Lock()
        self.latencies: list[float] = []
        self.refused = 0
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            connection = http.client.HTTPConnection(
                self._address.hostname or "", self._address.port, timeout=60
            )
            while (body := self._next()) is not None:
                self._post(connection, body)
        except Exception as error:  # carried to the caller's thread, which raises it
            self.failure = error

    def _next(self) -> bytes | None:
        with self._lock:
            return next(self._bodies, None)

    def _post(self, connection: http.client.HTTPConnection, body: bytes) -> None:
        while True:
            started = time.monotonic()
            connection.request("POST", self._target, body)
            response = connection.getresponse()
            answer = response.read()
            if response.status == 429:
                self.refused += 1
                time.sleep(0.05)
                continue
            if response.status >= 300:
                raise RuntimeError(f"{self._target} answered {response.status}: {answer[:300]!r}")
            self.latencies.append(time.monotonic() - started)
            return
