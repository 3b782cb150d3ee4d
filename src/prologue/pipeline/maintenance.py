"""What must be done now and then: dropping what is past its retention. One thread, one engine."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Mapping

from prologue.model.errors import PrologueError
from prologue.pipeline.calendar import Calendar
from prologue.store import retention
from prologue.store.engine import Engine
from prologue.telemetry import metrics

logger = logging.getLogger(__name__)


class Maintenance:
    """Enforces retention every `interval` seconds, first at start. `days` maps class to days."""

    def __init__(
        self,
        engine: Engine,
        days: Mapping[str, int],
        *,
        interval: float = 3600.0,
        today: Callable[[], dt.date | None] | None = None,
    ) -> None:
        self._engine = engine
        self._days = days
        self._interval = interval
        self._today = today or Calendar(_newest_day(engine)).today
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="maintenance", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        self._stopping.set()
        self._thread.join(timeout)

    def once(self) -> None:
        """One round, now; nothing where the date is in doubt."""
        today = self._today()
        if today is None:
            return
        for partition in retention.enforce(self._engine, self._days, today):
            metrics.RETENTION_ROWS.inc(partition.rows)
            logger.info(
                "retention dropped %s of class %s: %d lines, %d bytes",
                partition.day,
                partition.retention,
                partition.rows,
                partition.bytes,
            )

    def _run(self) -> None:
        while True:
            try:
                self.once()
            except PrologueError as error:
                logger.error("retention could not be enforced, next try later: %s", error.message)
            if self._stopping.wait(self._interval):
                return


def _newest_day(engine: Engine) -> dt.date | None:
    return max((partition.day for partition in retention.partitions(engine)), default=None)
