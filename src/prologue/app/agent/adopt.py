"""Spools that were left behind: a process that was killed may have had lines that were not shipped yet.

The agent that runs in the same folder, or the next process that starts there, ships them. The buffer's code
is imported only where there is something to take over: it brings numpy, a fifth of an agent's memory.

Next chapter: `prologue.ship.forward`.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from prologue.model.errors import ConfigError, PrologueError
from prologue.model.payload import PayloadSink

if TYPE_CHECKING:
    from prologue.app.agent.spool import Spool

logger = logging.getLogger(__name__)

# How often to look for spools that were left behind, in seconds.
ADOPT_EVERY = 30.0
# A younger folder may belong to a process that has not locked it yet.
ADOPT_AFTER = 5.0


class Adopter:
    """Takes over what dead processes left below `folder`, at once and then now and again, until `close`."""

    def __init__(
        self, folder: Path, to: PayloadSink, max_bytes: int, *, adopt_after: float = ADOPT_AFTER
    ) -> None:
        self._folder = folder
        self._adopt_after = adopt_after
        self._to = to
        self._max_bytes = max_bytes
        self._adopted: list[Spool] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool-adopt", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(5.0)
        for spool in self._adopted:
            spool.close()

    def look(self) -> None:
        """One look for spools whose process is gone; those that were carried on to their end are removed."""
        for spool in [spool for spool in self._adopted if not spool.held_bytes]:
            self._adopted.remove(spool)
            spool.close()
        for folder in sorted(self._folder.glob("*")):
            from prologue.app.agent.spool import Spool  # noqa: PLC0415 - see the module's docstring

            try:
                if time.time() - folder.stat().st_mtime < self._adopt_after:
                    continue
                spool = Spool(folder, self._to, self._max_bytes)
            except FileNotFoundError:
                continue  # its process ended in order, just now
            except ConfigError:
                continue  # its process lives, or it is ours
            except PrologueError as error:
                logger.warning("the spool %s is left alone: %s", folder, error.message)
                continue
            if spool.held_bytes:
                logger.info("shipping %d bytes that another process left in %s", spool.held_bytes, folder)
                self._adopted.append(spool)
            else:
                spool.close()

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except Exception:  # a thread that ends is spools that nobody ships
                logger.exception("spools that were left behind cannot be looked at now")
            if self._stopping.wait(ADOPT_EVERY):
                return
