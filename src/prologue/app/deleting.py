"""Carrying out requests to delete lines: one thread, one engine, one request at a time.

A request waits until it is `delay` seconds old, so that it can be cancelled, and until everything that
was acknowledged before it is in the store: a line that was on its way when its deletion was asked for
must not come back. The engine then rewrites the parts that hold matching lines. They are gone from
every answer at once, and from the disk when the engine drops the replaced parts, about ten seconds
later.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from prologue.model.errors import PrologueError
from prologue.query.deletion import delete_statement
from prologue.store.deletions import Deletion, Deletions
from prologue.store.engine import Engine

logger = logging.getLogger(__name__)

# Wait for the mutation: a request is processed when its lines are gone.
_SYNC = {"mutations_sync": 1}


class Deleter:
    """`oldest_age` answers how many seconds ago the oldest payload was received that is not stored yet."""

    def __init__(
        self,
        engine: Engine,
        deletions: Deletions,
        *,
        delay: float,
        oldest_age: Callable[[], float],
        interval: float = 1.0,
        unix_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._engine = engine
        self._deletions = deletions
        self._delay = delay
        self._oldest_age = oldest_age
        self._interval = interval
        self._unix_ns = unix_ns
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deleter", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End within about `timeout` seconds; what is not carried out then is at the next start."""
        self._stopping.set()
        if self._thread.ident is None:
            return
        self._thread.join(timeout)
        if self._thread.is_alive():
            self._deletions.abandon()
            self._thread.join(timeout)

    def once(self) -> int:
        """Carry out what is due; how many requests that were."""
        now = self._unix_ns()
        settled = now - round(max(self._delay, self._oldest_age()) * 1e9)
        due = [deletion for deletion in self._deletions.due(settled) if self._deletions.begin(deletion)]
        for deletion in due:
            self._carry_out(deletion)
        return len(due)

    def _carry_out(self, deletion: Deletion) -> None:
        statement = delete_statement(deletion.query, deletion.tenant, deletion.first, deletion.last)
        try:
            self._engine.command(statement.sql, statement.parameters, _SYNC)
        except PrologueError:
            self._deletions.abandon()
            raise
        self._deletions.done(deletion)
        logger.info("delete request %s of tenant %s is carried out", deletion.id, deletion.tenant)

    def _run(self) -> None:
        pause = self._interval
        while not self._stopping.wait(pause):
            try:
                self.once()
                pause = self._interval
            except PrologueError as error:
                logger.error("a delete request could not be carried out, next try later: %s", error.message)
                pause = min(2 * pause, 60.0)
