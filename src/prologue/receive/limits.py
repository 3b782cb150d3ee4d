"""How fast a tenant and a source may send.

Each has a bucket that fills at its rate, holds `burst` seconds of it, and may go into debt: a body is
let in while its sender owes nothing, and is charged whole afterwards, when its size is known. So the mean
keeps to the limit, and no body is too large to be ever taken. A source is a sender's address, the one
thing every protocol knows before it has read anything.

| a protocol where the sender is answered | `require`, which raises `RateLimited`, then `charge` |
| a protocol that can only stop reading | `delay`, the seconds to wait before reading on, then `charge` |
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from prologue.model.errors import RateLimited
from prologue.telemetry import metrics

# Buckets that are kept; the one longest unused goes first, and a full bucket is what a new one is too.
_MAX_BUCKETS = 20_000


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Rates a second; 0 is no limit. `burst` in seconds."""

    tenant_bytes: int = 0
    tenant_lines: int = 0
    source_bytes: int = 0
    source_lines: int = 0
    bytes_by_tenant: Mapping[str, int] = field(default_factory=dict)
    lines_by_tenant: Mapping[str, int] = field(default_factory=dict)
    burst: float = 10.0


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit that applies to a sender: whose bucket it is, its rate, and how to speak of it."""

    kind: str
    of: str
    rate: int
    setting: str
    unit: str


class RateLimits:
    """The buckets of one node. Thread-safe. `clock` answers seconds that only grow."""

    def __init__(
        self, settings: LimitSettings | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings or LimitSettings()
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    @property
    def unlimited(self) -> bool:
        """Whether nobody is limited, so that nothing needs to be charged."""
        settings = self._settings
        return not (
            settings.tenant_bytes
            or settings.tenant_lines
            or settings.source_bytes
            or settings.source_lines
            or settings.bytes_by_tenant
            or settings.lines_by_tenant
        )

    def require(self, receiver: str, tenant: str, source: str) -> None:
        """Raises `RateLimited` where the tenant or the source is over a limit. `source` may be empty."""
        for limit in self._limits(tenant, source):
            wait = self._wait(limit)
            if wait > 0:
                metrics.RECEIVE_LIMITED.labels(receiver, limit.kind).inc()
                raise RateLimited(
                    f"{limit.kind.partition('_')[0]} {limit.of!r} sent more than {limit.rate} {limit.unit}"
                    " a second",
                    retry_after=math.ceil(wait),
                    cure=f"send less, or raise {limit.setting}",
                )

    def delay(self, receiver: str, tenant: str, source: str) -> float:
        """Seconds until the sender owes nothing: 0 where it may go on. Counted where it is not 0."""
        waits = [(self._wait(limit), limit.kind) for limit in self._limits(tenant, source)]
        wait, kind = max(waits, default=(0.0, ""))
        if wait > 0:
            metrics.RECEIVE_LIMITED.labels(receiver, kind).inc()
        return wait

    def charge(self, tenant: str, source: str, *, size: int, lines: int) -> None:
        """What was let in, once it is known: `size` in bytes, unpacked."""
        for limit in self._limits(tenant, source):
            amount = size if limit.unit == "bytes" else lines
            with self._lock:
                key = (limit.kind, limit.of)
                self._levels[key] = (self._level(limit) - amount, self._clock())
                self._levels.move_to_end(key)
                while len(self._levels) > _MAX_BUCKETS:
                    self._levels.popitem(last=False)

    def _limits(self, tenant: str, source: str) -> list[_Limit]:
        settings = self._settings
        found = [
            _tenant_limit("bytes", tenant, settings.bytes_by_tenant, settings.tenant_bytes),
            _tenant_limit("lines", tenant, settings.lines_by_tenant, settings.tenant_lines),
        ]
        if source:
            found += [
                _Limit("source_bytes", source, settings.source_bytes, _SOURCE_BYTES, "bytes"),
                _Limit("source_lines", source, settings.source_lines, _SOURCE_LINES, "lines"),
            ]
        return [limit for limit in found if limit.rate]

    def _wait(self, limit: _Limit) -> float:
        with self._lock:
            return max(0.0, -self._level(limit) / limit.rate)

    def _level(self, limit: _Limit) -> float:
        """What the bucket holds now; less than 0 is debt."""
        full = limit.rate * self._settings.burst
        now = self._clock()
        level, at = self._levels.get((limit.kind, limit.of), (full, now))
        return min(full, level + (now - at) * limit.rate)


_SOURCE_BYTES, _SOURCE_LINES = "limits.source_bytes_per_second", "limits.source_lines_per_second"


def _tenant_limit(unit: str, tenant: str, named: Mapping[str, int], general: int) -> _Limit:
    own = tenant in named
    setting = f"limits.{unit}_per_second_by_tenant" if own else f"limits.tenant_{unit}_per_second"
    return _Limit(f"tenant_{unit}", tenant, named.get(tenant, general), setting, unit)
