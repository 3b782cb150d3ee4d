"""The clock of the sandbox: while a module runs, the engine's epoch grows, and a deadline is an epoch."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from wasmtime import Engine, Store

_TICK_SECONDS = 0.01


class Watch:
    """One thread that advances an engine's epoch while calls run, and sleeps otherwise.

    It is started by the first call and is a daemon: it holds nothing that must be closed.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._running = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextmanager
    def limit(self, store: Store, seconds: float) -> Iterator[None]:
        """Inside, what runs in `store` is interrupted after `seconds`, give or take two ticks."""
        with self._changed:
            self._running += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._tick, name="wasm-watch", daemon=True)
                self._thread.start()
            self._changed.notify()
        try:
            store.set_epoch_deadline(math.ceil(seconds / _TICK_SECONDS) + 1)
            yield
        finally:
            with self._changed:
                self._running -= 1

    def _tick(self) -> None:
        pause = threading.Event()
        while True:
            with self._changed:
                while not self._running:
                    self._changed.wait()
            self._engine.increment_epoch()
            pause.wait(_TICK_SECONDS)
