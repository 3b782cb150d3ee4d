"""How each way in stands: what it took, what went wrong last, when it was last heard of.

A receiver keeps a `Tally`; whoever asks (the status page, `prologue receivers`) gets a frozen `Standing`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_RATE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Standing:
    """One listener now. `address` is where it listens; counts are since start.

    `records` and `bytes` are what was acknowledged or, in a protocol without acknowledgements, handed to
    the buffer. `rate` is records a second over the last ten to twenty seconds. `errors` counts refusals
    of every kind; `last_error` is the newest one's text, empty where there was none. `last_seen_ns` is
    Unix ns, 0 where nobody ever came. `connections` are those open now, 0 where there is no such thing.
    """

    name: str
    address: str
    records: int = 0
    bytes: int = 0
    rate: float = 0.0
    errors: int = 0
    last_error: str = ""
    last_seen_ns: int = 0
    connections: int = 0
    dropped: int = 0

    def describe(self) -> dict[str, Any]:
        """As `GET /api/v1/status` shows it."""
        return {
            "name": self.name,
            "address": self.address,
            "records": self.records,
            "bytes": self.bytes,
            "rate": round(self.rate, 1),
            "errors": self.errors,
            "last_error": self.last_error,
            "last_seen_ns": self.last_seen_ns,
            "connections": self.connections,
            "dropped": self.dropped,
        }


class Tally:
    """Counts for one listener. Thread-safe."""

    def __init__(
        self,
        name: str,
        address: str,
        *,
        clock: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.address = address
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._records = self._bytes = self._errors = self._dropped = self._connections = 0
        self._last_error = ""
        self._last_seen_ns = 0
        # Two marks, the older at least _RATE_SECONDS before the newer: a rate over too short a time jumps.
        self._older = self._newer = (monotonic(), 0)

    def took(self, records: int, size: int) -> None:
        with self._lock:
            self._turn()
            self._records += records
            self._bytes += size
            self._last_seen_ns = self._clock()

    def failed(self, error: str, count: int = 1) -> None:
        """Something was refused; `error` is one line without what a sender must not choose to log."""
        with self._lock:
            self._errors += count
            self._last_error = error
            self._last_seen_ns = self._clock()

    def lost(self, records: int, error: str) -> None:
        """What came and could not be kept: only protocols without back-pressure lose anything."""
        with self._lock:
            self._dropped += records
            self._last_error = error

    def connected(self, change: int) -> None:
        with self._lock:
            self._connections += change
            self._last_seen_ns = self._clock()

    def standing(self) -> Standing:
        with self._lock:
            self._turn()
            since, records = self._older
            seconds = self._monotonic() - since
            return Standing(
                name=self.name,
                address=self.address,
                records=self._records,
                bytes=self._bytes,
                rate=(self._records - records) / seconds if seconds > 0 else 0.0,
                errors=self._errors,
                last_error=self._last_error,
                last_seen_ns=self._last_seen_ns,
                connections=self._connections,
                dropped=self._dropped,
            )

    def _turn(self) -> None:
        now = self._monotonic()
        if now - self._newer[0] >= _RATE_SECONDS:
            self._older, self._newer = self._newer, (now, self._records)


class Standings:
    """The tallies of one node, in the order they were asked for first. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: dict[str, Tally] = {}

    def tally(self, name: str, address: str) -> Tally:
        """The tally of the receiver `name`; the same one whenever it is asked for."""
        with self._lock:
            if name not in self._tallies:
                self._tallies[name] = Tally(name, address)
            return self._tallies[name]

    def all(self) -> list[Standing]:
        with self._lock:
            tallies = list(self._tallies.values())
        return [tally.standing() for tally in tallies]
