"""Stopping on a signal, within a bound: in order where that is possible, and in any case in time.

Whatever is acknowledged is on disk, so a stop that ends half way loses nothing; one that does not end is
killed by whoever waits for it, and looks like a crash. A thread of its own watches the clock, because what
hangs (a disk, the engine) may hang the main thread, where Python runs its signal handlers.

Next chapter: `up.py`, which serves until the signal.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from types import FrameType

import uvicorn

from prologue.app.bell import Bell

logger = logging.getLogger(__name__)

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Of the bound, what is kept for closing files and connections after the drain.
_CLOSING_SECONDS = 1.5


class Stop:
    """SIGINT and SIGTERM from the first moment to the last: a stop asked for while starting is kept,
    one while draining changes nothing, a second one while serving does not wait for open requests.

    `bound` seconds after the first signal the process ends, with exit code 1, whatever it is doing.
    """

    def __init__(self, bound: float) -> None:
        self._bound = bound
        self._asked = 0
        self._deadline: float | None = None
        self._server: uvicorn.Server | None = None
        self._bell = Bell()
        # Started here, not by the handler: starting a thread takes locks the interrupted code may hold.
        threading.Thread(target=self._watch, name="stop-bound", daemon=True).start()

    def __enter__(self) -> Stop:
        self._held = {number: signal.signal(number, self._ask) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._held.items():
            signal.signal(number, handler)

    def applies_to(self, server: uvicorn.Server) -> None:
        self._server = server
        server.should_exit = self._asked > 0

    def seconds_to_drain(self) -> float:
        """How much of the bound is left for writing what waits."""
        deadline = self._deadline or time.monotonic() + self._bound
        return max(0.0, deadline - time.monotonic() - _CLOSING_SECONDS)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self._deadline is None:
            self._deadline = time.monotonic() + self._bound
        self._asked += 1
        self._bell.ring()
        if self._server is not None:
            self._server.force_exit = self._server.should_exit
            self._server.should_exit = True

    def _watch(self) -> None:
        self._bell.wait()
        time.sleep(self._bound)
        logger.error(
            "not stopped in order within %g s, so ended at once; what was acknowledged is on disk and is "
            "written at the next start",
            self._bound,
        )
        os._exit(1)
