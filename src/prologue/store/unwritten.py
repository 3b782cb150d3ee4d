"""Inserts that the engine calls done though the disk took nothing.

chDB 26.9 passes over a write that fails while it closes the files of a part: on a disk that fills up in that
moment the part is committed with empty files and the insert reports success (decision 20). `Room` keeps
inserts off a disk that is nearly full; it cannot keep others from filling it within one. But the engine
counts the writes that failed, and none of those parts came without that count moving. So it is looked at
after each insert (2 ms). Where it moved, the parts that inserts made are read back, those that cannot be are
dropped, and the insert counts as failed: its batch is in the buffer still.

Merged parts are left alone: they hold what no buffer has any more (`prologue.store.room`).

Next chapter: `prologue.store.writer`, which looks.
"""

from __future__ import annotations

import logging
import threading

from prologue.store.engine import Engine

logger = logging.getLogger(__name__)

_FAILED = "SELECT sum(value) AS n FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'"
_INSERTED = """
SELECT table, name FROM system.parts
WHERE database = currentDatabase() AND table IN ('logs', 'streams') AND active AND level = 0
    AND match(name, '^[0-9a-z_]+$')"""

# One writer reads back what all inserted; another would meet a part that is being dropped.
_READING_BACK = threading.Lock()


class Unwritten:
    """What one writer has seen of the engine's failed writes; use from one thread at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._failed = self._count()

    def found(self) -> bool:
        """Whether a write has failed, of whatever it was, since this was last answered.

        If so, every inserted part is whole now, or gone. Raises EngineError and EngineUnavailable where that
        could not be seen to; the next answer sees to it then.
        """
        failed = self._count()
        if failed == self._failed:
            return False
        with _READING_BACK:
            self._drop_broken()
        self._failed = failed
        return True

    def _count(self) -> int:
        return int(self._engine.arrow(_FAILED)["n"][0].as_py())

    def _drop_broken(self) -> None:
        for part in self._engine.arrow(_INSERTED).to_pylist():
            # The statement knows no parameters; the name is the engine's own, of letters and digits.
            table, name = part["table"], part["name"]
            read = self._engine.arrow(f"CHECK TABLE {table} PART '{name}'").to_pylist()
            if all(row["is_passed"] for row in read):
                continue
            self._engine.command(f"ALTER TABLE {table} DROP PART {{name:String}}", {"name": name})
            logger.error(
                "the disk did not take part %s of %s, which the engine called stored: it is dropped, and its "
                "lines are stored again from the buffer",
                name,
                table,
            )
