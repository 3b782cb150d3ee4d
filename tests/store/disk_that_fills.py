"""Batches stored on a small disk of which another takes the last bytes, each time at another instant.

A process of its own, because the engine keeps to one directory; what came of it is printed as JSON.
"""

from __future__ import annotations

import json
import logging
import os
import random
import sys
import threading
import time
from pathlib import Path

from prologue.model.errors import EngineUnavailable
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish
from prologue.store.embedded import EmbeddedEngine
from prologue.store.engine import NONE, Parameters, Settings
from prologue.store.migrate import migrate
from prologue.store.writer import LogWriter
from tests.store.test_writer import stage

FREE = 1300 * 1024
"""The engine refuses to begin with less than 1 MiB."""
ENOUGH, TRIES, LINES = 2, 500, 500


def take(path: Path, leave: int) -> None:
    """Take all of the disk but so many bytes."""
    found = os.statvfs(path.parent)
    with path.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, max(1, found.f_bavail * found.f_frsize - leave))
        except OSError:
            return  # the engine took some of it meanwhile: full is full


class Disk:
    """The small disk, and who fills it: somewhere within the next insert, when `filling`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.filling = False
        self.dice = random.Random(4)
        self.insert_takes = 0.01
        self._fillers: list[threading.Thread] = []

    def fill_within(self, engine: EmbeddedEngine) -> None:
        """Let this engine's inserts into `logs` be met by the filler."""
        real = engine.command

        def command(sql: str, parameters: Parameters = NONE, settings: Settings = NONE) -> None:
            if not sql.startswith("INSERT INTO logs"):
                return real(sql, parameters, settings)
            began = time.monotonic()
            if self.filling:
                self._begin()
            real(sql, parameters, settings)
            if not self.filling:
                self.insert_takes = time.monotonic() - began
            return None

        engine.command = command  # type: ignore[method-assign]

    def empty(self) -> None:
        self.filling = False
        while self._fillers:
            self._fillers.pop().join()
        for name in ("base", "filler"):
            (self.path / name).unlink(missing_ok=True)

    def _begin(self) -> None:
        take(self.path / "base", FREE)
        after, leave = self.dice.random() * self.insert_takes, self.dice.randrange(4) * 4096
        filler = threading.Thread(target=lambda: (time.sleep(after), take(self.path / "filler", leave)))
        filler.start()
        self._fillers.append(filler)


def main(path: Path) -> None:
    engine = EmbeddedEngine(path / "engine")
    migrate(engine)
    engine.command("SYSTEM STOP MERGES logs")
    disk = Disk(path)
    disk.fill_within(engine)
    writer = LogWriter(engine, finish(ParseOptions()))
    dropped: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: dropped.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("prologue.store.unwritten").addHandler(handler)
    batch = 0
    while len(dropped) < ENOUGH and batch < TRIES:
        batch += 1
        disk.filling = batch > 2
        try:
            store(writer, batch, recover=False)
        except EngineUnavailable:
            disk.empty()
            store(writer, batch, recover=True)
        disk.empty()
    rows = engine.arrow("SELECT batch, uniqExact(body) AS lines, count() AS n FROM logs GROUP BY batch")
    read = engine.arrow("CHECK TABLE logs").to_pylist()
    found = {
        "dropped": dropped,
        "batches": batch,
        "once": sum((row["lines"], row["n"]) == (LINES, LINES) for row in rows.to_pylist()),
        "broken": [row["part_path"] for row in read if not row["is_passed"]],
    }
    print(json.dumps(found))


def store(writer: LogWriter, batch: int, *, recover: bool) -> None:
    text = b"".join(b"2026-11-23 %d of %d\n" % (line, batch) for line in range(LINES))
    writer.parse([stage(text, LINES)])
    try:
        writer.commit(batch, recover=recover)
    finally:
        writer.clear()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
