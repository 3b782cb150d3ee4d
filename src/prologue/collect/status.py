"""What the collector tells the status page and `/metrics` about itself: frozen snapshots.

Next chapter: `prologue.collect.collector`, which takes them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class SourceState(enum.StrEnum):
    """Where a source is in its life."""

    ACTIVE = "active"  # being written, or not yet read to its end
    IDLE = "idle"  # read to its end, the kernel tells us of the next write
    ROTATED = "rotated"  # renamed or deleted; read until nobody writes to it any more
    COPY = "copy"  # a rotation's copy of a file that is read already
    LIMITED = "limited"  # over the rate of its service; read on when the rate allows
    BLOCKED = "blocked"  # cannot be read; `errors` says why and how to mend it
    ENDED = "ended"  # the far end went away; it is started again after a pause


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One source. Sizes in bytes; `acked` is durable, `offset` is read, `size` is what there is."""

    kind: str
    name: str
    state: SourceState
    offset: int = 0
    size: int = 0
    acked: int = 0
    generation: int = 0
    # Before the start point, by the limits on a first start.
    skipped_bytes: int = 0
    # Written but gone before it could be read: truncated or removed while it was not being read.
    lost_bytes: int = 0
    # Lines longer than the limit, and last lines sent without their newline.
    split_lines: int = 0
    # Since the start: records read, bytes acknowledged, chunks that had to be sent again.
    lines: int = 0
    acked_bytes: int = 0
    retries: int = 0
    # Age of the oldest line that is not durable yet, at most; 0 where all of it is.
    lag_seconds: float = 0.0
    # The service its lines belong to, and the rule that said so.
    service: str = ""
    service_from: str = ""
    errors: tuple[str, ...] = ()

    @property
    def lag_bytes(self) -> int:
        """Written but not yet durable."""
        return max(0, self.size - self.acked)


@dataclass(frozen=True, slots=True)
class CollectorTotals:
    """Counters since the start, for `/metrics`, and gauges of now."""

    acked_bytes: int
    acked_payloads: int
    retries: int
    resets: int
    split_lines: int
    lost_bytes: int
    in_flight_bytes: int
    sources: int
    # Empty, or why new sources cannot be begun and restarts may repeat lines.
    checkpoint_error: str = ""
