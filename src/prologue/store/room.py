"""Keeping the engine off a disk that is nearly full.

chDB 26.9 does not survive the last block: a merge during which the disk fills up may be committed with empty
files, and the parts it was made of are dropped seconds later (measured: half of the runs in which
another program took the last bytes while parts were merged). So nothing is inserted and nothing is merged
while less than `least` bytes are free; queries go on. What was acknowledged waits in the buffer meanwhile.

Next chapter: `prologue.store.writer`, which asks `check` before each insert.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from prologue.model.errors import EngineUnavailable, PrologueError
from prologue.store.engine import Engine

logger = logging.getLogger(__name__)

# A disk that takes 2 GB/s needs longer for the default of `store.min_free`.
_LOOK_SECONDS = 0.05
_MIB = 1 << 20


def free_bytes(path: Path) -> int:
    """What the file system has left for this process."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


class Room:
    """A thread that watches how much is free at `path`, and stops merges where that is too little."""

    def __init__(
        self, engine: Engine, path: Path, least: int, *, free: Callable[[Path], int] = free_bytes
    ) -> None:
        self._engine = engine
        self._path = path
        self._least = least
        self._free = free
        self._merging = True
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="room", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def check(self) -> None:
        """Raises EngineUnavailable where nothing may be inserted now."""
        try:
            free = self._free(self._path)
        except OSError as error:
            raise EngineUnavailable(
                f"the disk of {self._path} cannot be looked at: {error.strerror}",
                cure="see that the folder is there and can be read",
            ) from error
        if free < self._least:
            raise EngineUnavailable(
                f"the disk of {self._path} is nearly full: less than {self._least >> 20} MiB are free",
                cure="free some space, lower store.retention_days, or lower store.min_free",
            )

    def look(self) -> None:
        """Stop or start the merges, where that changed."""
        room = self._free(self._path) >= self._least
        if room == self._merging:
            return
        self._engine.command(f"SYSTEM {'START' if room else 'STOP'} MERGES")
        self._merging = room
        if room:
            logger.info("the disk of %s has space again: lines are stored and parts are merged", self._path)
        else:
            logger.error(
                "the disk of %s is nearly full, less than %d MiB are free: nothing is stored meanwhile",
                self._path,
                self._least // _MIB,
            )

    def _run(self) -> None:
        trouble = ""
        while not self._stopping.wait(_LOOK_SECONDS):
            try:
                self.look()
                found = ""
            except (PrologueError, OSError) as error:
                found = str(error)
            if found != trouble:  # twenty times a second nobody wants to read it
                trouble = found
                if found:
                    logger.error("the disk of %s cannot be watched: %s", self._path, found)
                else:
                    logger.info("the disk of %s is watched again", self._path)
