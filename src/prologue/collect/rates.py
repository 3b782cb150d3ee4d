"""How many bytes a second a service may ship: what is over it waits where it is, and is counted.

Nothing is dropped. A file is not read while its service is over its rate: the file holds the lines. A
pipe is not read either, so the program that writes waits. A service may save up `burst_s` seconds; what it
takes at once beyond that, one chunk at most, it owes, and waits for the longer.

Next chapter: `prologue.collect.tailer`, which asks before it reads.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

BURST_S = 2.0


@dataclass(frozen=True, slots=True)
class Limited:
    """One service that has had to wait: its rate in bytes a second, and for how many seconds it waited."""

    service: str
    rate: int
    waited_s: float


@dataclass(slots=True)
class _Bucket:
    rate: int
    tokens: float
    at: float
    waiting_since: float | None = None
    waited: float = 0.0


class Rates:
    """Thread-safe. `default` holds for every service that `limits` does not name; 0: no limit."""

    def __init__(self, limits: Mapping[str, int], default: int = 0, burst_s: float = BURST_S) -> None:
        self._limits = limits
        self._default = default
        self._burst_s = burst_s
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def wait(self, service: str, now: float) -> float:
        """Seconds until the service may ship again; 0 where it may now. `now` is monotonic."""
        rate = self._limits.get(service, self._default)
        if not rate:
            return 0.0
        with self._lock:
            bucket = self._filled(service, rate, now)
            if bucket.tokens > 0:
                if bucket.waiting_since is not None:
                    bucket.waited += now - bucket.waiting_since
                    bucket.waiting_since = None
                return 0.0
            if bucket.waiting_since is None:
                bucket.waiting_since = now
            return max(0.001, (1 - bucket.tokens) / rate)

    def charge(self, service: str, size: int, now: float) -> None:
        """The service ships `size` bytes now."""
        rate = self._limits.get(service, self._default)
        if rate:
            with self._lock:
                self._filled(service, rate, now).tokens -= size

    def limited(self, now: float) -> list[Limited]:
        """Every service that has had to wait since the start."""
        with self._lock:
            waited = {
                service: bucket.waited + (0 if (since := bucket.waiting_since) is None else now - since)
                for service, bucket in self._buckets.items()
            }
            return [
                Limited(service, self._buckets[service].rate, seconds)
                for service, seconds in waited.items()
                if seconds
            ]

    def _filled(self, service: str, rate: int, now: float) -> _Bucket:
        bucket = self._buckets.get(service)
        if bucket is None:
            bucket = self._buckets[service] = _Bucket(rate, rate * self._burst_s, now)
        bucket.tokens = min(bucket.tokens + (now - bucket.at) * rate, rate * self._burst_s)
        bucket.at = now
        return bucket
