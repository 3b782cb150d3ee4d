"""How far the store is, for those who wait for it: live tail, the status page, tests.

Batches are taken in order but may be stored out of order. `batch` is the highest one below which
nothing is missing, so who reads up to it, and later from there on, misses no line.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Standing:
    """A moment of the store: all batches up to `batch` are in it; rows since start; when the last
    one was stored (Unix ns); what hurts."""

    batch: int = 0
    rows: int = 0
    stored_ns: int | None = None
    error: str | None = None


class Progress:
    """`batch` starts at what the store held at start."""

    def __init__(self, batch: int) -> None:
        self._standing = Standing(batch=batch)
        self._highest = batch
        self._in_flight: set[int] = set()
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[int], None], ...] = ()

    @property
    def now(self) -> Standing:
        return self._standing

    def taken(self, batch: int) -> None:
        """A batch is about to be stored; to be told in the order of batches."""
        with self._lock:
            self._in_flight.add(batch)
            self._highest = max(self._highest, batch)

    def stored(self, batch: int, rows: int, at_ns: int) -> None:
        """A batch is in the store; tells everybody who subscribed."""
        with self._lock:
            held, complete = self._standing, self._without(batch)
            self._standing = Standing(complete, held.rows + rows, at_ns, None)
            listeners, complete = self._listeners, self._standing.batch
        for listener in listeners:
            listener(complete)

    def given_up(self, batch: int) -> None:
        """A batch is not stored and will not be: nobody is to wait for it."""
        with self._lock:
            self._standing = replace(self._standing, batch=self._without(batch))

    def _without(self, batch: int) -> int:
        """The batch up to which nothing is missing once this one is out of flight."""
        self._in_flight.discard(batch)
        complete = min(self._in_flight) - 1 if self._in_flight else self._highest
        return max(self._standing.batch, complete)

    def failed(self, error: str) -> None:
        """A batch could not be stored and will be tried again."""
        with self._lock:
            self._standing = replace(self._standing, error=error)

    def subscribe(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call `listener(batch)` from an ingest thread after each batch; the answer ends that.

        A listener must return at once and never raise.
        """
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def end() -> None:
            with self._lock:
                self._listeners = tuple(other for other in self._listeners if other is not listener)

        return end
