"""Giving memory back when a burst is over.

Three allocators live in this process (the engine's jemalloc, Arrow's mimalloc, glibc's for everything
else), and each keeps what a burst made it take. Measured after 200,000 pushed records: 661 MB, of which
Arrow's pool gave back 87, glibc 21 and the engine 174. Giving back costs the next burst page faults, so it
is done once a burst, when nothing has been stored for a while, and never under load.
"""

from __future__ import annotations

import ctypes
import logging
import threading
from collections.abc import Callable

import pyarrow as pa

from prologue.model.errors import PrologueError
from prologue.store.engine import Engine

logger = logging.getLogger(__name__)


def give_back(engine: Engine) -> None:
    """Return what is free to the operating system. Raises PrologueError where the engine cannot."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; musl has none
    if trim is not None:
        trim(0)
    engine.command("SYSTEM JEMALLOC PURGE")


class MemoryKeeper:
    """Looks every `interval` seconds; `rows` answers how many lines were stored since the start."""

    def __init__(self, engine: Engine, rows: Callable[[], int], *, interval: float = 10.0) -> None:
        self._engine = engine
        self._rows = rows
        self._interval = interval
        self._seen = self._given_back_at = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        self._stopping.set()
        self._thread.join(timeout)

    def once(self) -> bool:
        """One look: whether memory was given back, that is, whether a burst was just over."""
        rows, seen = self._rows(), self._seen
        self._seen = rows
        if rows != seen or rows == self._given_back_at:
            return False
        give_back(self._engine)
        self._given_back_at = rows
        return True

    def _run(self) -> None:
        while not self._stopping.wait(self._interval):
            try:
                self.once()
            except PrologueError as error:
                logger.warning("memory could not be given back, next try later: %s", error.message)
