"""The date that retention goes by: this machine's, unless its clock has jumped ahead.

Dropping cannot be undone, and a clock that is years ahead would drop everything. So a date is doubted that is
far ahead of the newest line at the start, or of what the running clock measured since it was last asked;
it is believed once it has held for a day. A clock that jumps back only makes lines live longer.

Next chapter: `prologue.pipeline.maintenance`.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

AHEAD_OF_LINES = dt.timedelta(days=7)
AHEAD_OF_CLOCK = dt.timedelta(days=1)
DOUBT_SECONDS = 86_400.0


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Calendar:
    """Ask it at each round. `newest` is the UTC day of the newest line at the start, None without lines."""

    def __init__(
        self,
        newest: dt.date | None,
        *,
        now: Callable[[], dt.datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._newest = newest
        self._now = now
        self._monotonic = monotonic
        self._last: tuple[dt.datetime, float] | None = None
        self._believed_from = 0.0

    def today(self) -> dt.date | None:
        """The UTC date, None while it is doubted."""
        now, monotonic = self._now(), self._monotonic()
        if expected := self._far_behind(now, monotonic):
            self._believed_from = monotonic + DOUBT_SECONDS
            logger.warning(
                "this machine's clock says %s, where about %s was expected: retention drops nothing until it "
                "has said so for a day; cure: set the clock right, or wait",
                now.date(),
                expected,
            )
        self._last = now, monotonic
        return None if monotonic < self._believed_from else now.date()

    def _far_behind(self, now: dt.datetime, monotonic: float) -> dt.date | None:
        """The date that was to be expected, where the clock is far ahead of it."""
        if self._last is None:
            doubted = self._newest is not None and now.date() - self._newest > AHEAD_OF_LINES
            return self._newest if doubted else None
        expected = self._last[0] + dt.timedelta(seconds=monotonic - self._last[1])
        return expected.date() if now - expected > AHEAD_OF_CLOCK else None
