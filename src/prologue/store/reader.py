"""Reading: a pool of connections, so that queries run side by side and a slow one blocks no other.

Who asks is a `Call`, kept in a context variable because it concerns none of the layers in between: it
adds up what all reads of one caller cost, and it is how they are stopped when the caller goes away.
`KILL QUERY` from a second connection ends a running query within about a tenth of a second (measured on
chDB 26.9, in the middle of an aggregation as well); the driver itself has no way to stop one.
"""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pyarrow as pa

from prologue.model.errors import Cancelled, LimitError
from prologue.store.engine import NONE, Engine, Parameters, Settings, Usage

_KILL = "KILL QUERY WHERE Settings['log_comment'] = {tag:String} ASYNC"


class Call:
    """One caller's reads. `usage` is what they read so far; `tag` names them in the engine."""

    def __init__(self) -> None:
        self.tag = f"prologue-{uuid.uuid4()}"
        self.usage = Usage()
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """No further read is started for this caller."""
        self._cancelled.set()

    def check(self) -> None:
        """Raises Cancelled once the caller has gone."""
        if self._cancelled.is_set():
            raise Cancelled("the caller went away before its query was started")

    def add(self, usage: Usage, waited: float) -> None:
        held = self.usage
        self.usage = Usage(held.rows + usage.rows, held.bytes + usage.bytes, held.waited + waited)


CALL: ContextVar[Call | None] = ContextVar("prologue_call", default=None)
"""Whose reads these are; copied into threads by `asyncio.to_thread`."""


class Reader:
    """Thread-safe reads. At most `size` run at once; a caller waits `patience` seconds for its turn."""

    def __init__(
        self,
        open_engine: Callable[[], Engine],
        *,
        size: int = 4,
        patience: float = 30.0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._size = size
        self._patience = patience
        self._clock = clock
        self._open = open_engine
        self._control: Engine | None = None
        self._control_lock = threading.Lock()
        self._idle: queue.LifoQueue[Engine | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)  # opened when first needed: a connection costs memory

    def arrow(self, sql: str, parameters: Parameters = NONE, settings: Settings = NONE) -> pa.Table:
        """The rows of a SELECT as an Arrow table; values are bound as `{name:Type}` parameters."""
        call = CALL.get()
        began = self._clock()
        with self._connection() as engine:
            waited = self._clock() - began
            if call is None:
                return engine.arrow(sql, parameters, settings)
            call.check()
            try:
                return engine.arrow(sql, parameters, {**settings, "log_comment": call.tag})
            finally:
                call.add(engine.usage, waited)

    def cancel(self, call: Call) -> None:
        """Stop the caller's running read and start no further one. To be repeated until the caller's
        work has ended: a read that is about to start is not yet there to be stopped."""
        call.cancel()
        with self._control_lock:
            self._control = self._control or self._open()
            self._control.command(_KILL, {"tag": call.tag})

    def latest_batch(self) -> int:
        """The highest batch id that is stored, 0 where nothing is."""
        return int(self.arrow("SELECT max(batch) AS batch FROM logs")["batch"][0].as_py())

    def close(self) -> None:
        """Wait for running reads, then close every connection."""
        for _ in range(self._size):
            engine = self._idle.get()
            if engine is not None:
                engine.close()
        with self._control_lock:
            if self._control is not None:
                self._control.close()

    @contextmanager
    def _connection(self) -> Iterator[Engine]:
        try:
            engine = self._idle.get(timeout=self._patience)
        except queue.Empty:
            raise LimitError(
                f"{self._size} queries are running and none ended within {self._patience:g} s",
                cure="try again, with fewer queries at once",
            ) from None
        try:
            engine = engine or self._open()
            yield engine
        finally:
            self._idle.put(engine)
