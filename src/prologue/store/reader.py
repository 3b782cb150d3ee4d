"""Reading: a pool of connections, so that queries run side by side and a slow one blocks no other."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyarrow as pa

from prologue.model.errors import LimitError
from prologue.store.engine import NONE, Engine, Parameters, Settings


class Reader:
    """Thread-safe reads. At most `size` run at once; a caller waits `patience` seconds for its turn."""

    def __init__(self, open_engine: Callable[[], Engine], *, size: int = 4, patience: float = 30.0) -> None:
        self._size = size
        self._patience = patience
        self._open = open_engine
        self._idle: queue.LifoQueue[Engine | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)  # opened when first needed: a connection costs memory

    def arrow(self, sql: str, parameters: Parameters = NONE, settings: Settings = NONE) -> pa.Table:
        """The rows of a SELECT as an Arrow table; values are bound as `{name:Type}` parameters."""
        with self._connection() as engine:
            return engine.arrow(sql, parameters, settings)

    def latest_batch(self) -> int:
        """The highest batch id that is stored, 0 where nothing is."""
        return int(self.arrow("SELECT max(batch) AS batch FROM logs")["batch"][0].as_py())

    def close(self) -> None:
        """Wait for running reads, then close every connection."""
        for _ in range(self._size):
            engine = self._idle.get()
            if engine is not None:
                engine.close()

    @contextmanager
    def _connection(self) -> Iterator[Engine]:
        try:
            engine = self._idle.get(timeout=self._patience)
        except queue.Empty:
            raise LimitError(
                f"{self._size} queries are running and none ended within {self._patience:g} s",
                cure="try again, or raise query.concurrency",
            ) from None
        try:
            engine = engine or self._open()
            yield engine
        finally:
            self._idle.put(engine)
