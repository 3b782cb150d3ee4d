"""What must be done now and then: dropping what is past its retention. One thread, one engine."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Mapping

from prologue.model.errors import PrologueError
from prologue.store import retention
from prologue.store.engine import Engine
from prologue.telemetry import metrics

logger = logging.getLogger(__name__)


def utc_today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


class Maintenance:
    """Enforces retention every `interval` seconds, first at start. `days` maps class to days."""

    def __init__(
        self,
        engine: Engine,
        days: Mapping[str, int],
        *,
        interval: float = 3600.0,
        today: Callable[[], dt.date] = utc_today,
    ) -> None:
        self._engine = engine
        self._days = days
        self._interval = interval
        self._today = today
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="maintenance", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        self._stopping.set()
        self._thread.join(timeout)

    def once(self) -> None:
        """One round, now."""
        for partition in retention.enforce(self._engine, self._days, self._today()):
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
