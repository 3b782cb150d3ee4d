"""SIGHUP: what can be read again without a stop is read again.

Next chapter: `prologue.pipeline.control`, which reads the custom parsers.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

from prologue.app.bell import Bell


class Reload:
    """While entered, each SIGHUP has `reload` called, on a thread of its own, one call after the other.

    `reload` must not raise. Signals that come while it runs are one more call.
    """

    def __init__(self, reload: Callable[[], None]) -> None:
        self._reload = reload
        self._bell = Bell()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="reload", daemon=True)

    def __enter__(self) -> Reload:
        self._thread.start()
        self._held = signal.signal(signal.SIGHUP, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGHUP, self._held)
        self._ended = True
        self._bell.ring()
        self._thread.join(5.0)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._bell.ring()

    def _run(self) -> None:
        while True:
            self._bell.wait()
            if self._ended:
                return
            self._reload()
