"""What waits while lines flood in: filters of words and of trace ids, and merges that gain little.

A large batch is inserted without these filters: in a flood it is merged soon, and a merge makes them
anyway, so the insert would make them for nothing. While much comes parts are merged twenty at a time: each
line is rewritten once where three at a time would rewrite it twice or three times. Once no batch worth
mentioning has come for five seconds they are merged three at a time, so that what a flood left behind gets
its filters and becomes few parts, while nobody is waiting for the cores.

A part without a filter is read where the filter would have ruled it out: an answer is later, never wrong.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from prologue.model.errors import PrologueError
from prologue.store.engine import NONE, Engine, Settings

logger = logging.getLogger(__name__)

LARGE_ROWS = 50_000
"""A batch is this large only where its buffer fills faster than it is emptied."""
BUSY_ROWS = 1_000
"""Smaller ones, four a second, are a trickle."""
_CALM_SECONDS = 5.0
# The sizes of parts that are merged together come to at least so many times the largest of them.
_BUSY_BASE = 20
_CALM_BASE = 3
_WITHOUT_FILTERS: Settings = {"exclude_materialize_skip_indexes_on_insert": "body_words, trace_bloom"}


class Pace:
    """How eagerly `logs` is merged. Threads may share one."""

    def __init__(self, engine: Engine, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._busy = float("-inf")
        self._base = 0  # not known: the last run may have ended in a flood

    def inserting(self, rows: int) -> Settings:
        """Called before a batch is inserted: the settings to insert it with."""
        if rows < BUSY_ROWS:
            self.settle()
            return NONE
        with self._lock:
            self._busy = self._clock()
            self._merge(_BUSY_BASE)
        return _WITHOUT_FILTERS if rows >= LARGE_ROWS else NONE

    def settle(self) -> None:
        """Called while little or nothing comes."""
        with self._lock:
            if self._clock() - self._busy >= _CALM_SECONDS:
                self._merge(_CALM_BASE)

    def _merge(self, base: int) -> None:
        if base == self._base:
            return
        try:
            self._engine.command(f"ALTER TABLE logs MODIFY SETTING merge_selector_base = {base}")
            self._base = base
        except PrologueError as error:  # no reason to refuse a batch
            logger.warning("the engine does not change how it merges, next try later: %s", error.message)
