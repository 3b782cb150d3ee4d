"""Batches stored on a small disk of which another takes the last bytes, each time at another instant.

A process of its own, because the engine keeps to one directory; what came of it is printed as JSON.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from logging.handlers import BufferingHandler
from pathlib import Path

from prologue.model.errors import EngineUnavailable
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish
from prologue.store.embedded import EmbeddedEngine
from prologue.store.engine import NONE, Parameters, Settings
from prologue.store.migrate import migrate
from prologue.store.room import free_bytes
from prologue.store.writer import LogWriter
from tests.store.test_writer import stage

FREE = 1300 * 1024
"""The engine refuses to begin with less than 1 MiB."""
ENOUGH, TRIES, LINES = 2, 500, 500


def take(path: Path, leave: int) -> None:
    """Take all of the disk but so many bytes."""
    free = free_bytes(path.parent)
    with path.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, max(1, free - leave))
        except OSError:
            return  # the engine took some of it meanwhile: full is full


class Disk:
    """The small disk, and who fills it: somewhere within the next insert, when `filling`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._dice = random.Random(4)
        self._insert_takes = 0.0
        self._fillers: list[threading.Timer] = []
        self.filling = False

    @contextlib.contextmanager
    def insert(self) -> Iterator[None]:
        """Around an insert: it is met by the filler, or its time is taken."""
        began = time.monotonic()
        if self.filling:
            take(self._path / "base", FREE)
            after, leave = self._dice.random() * self._insert_takes, self._dice.randrange(4) * 4096
            self._fillers.append(threading.Timer(after, take, (self._path / "filler", leave)))
            self._fillers[-1].start()
        yield
        if not self.filling:
            self._insert_takes = time.monotonic() - began

    def empty(self) -> None:
        self.filling = False
        while self._fillers:
            self._fillers.pop().join()
        for name in ("base", "filler"):
            (self._path / name).unlink(missing_ok=True)


class MetEngine(EmbeddedEngine):
    """The engine, whose inserts into `logs` the filler may meet."""

    def __init__(self, path: Path, disk: Disk) -> None:
        super().__init__(path)
        self._disk = disk

    def command(self, sql: str, parameters: Parameters = NONE, settings: Settings = NONE) -> None:
        met = self._disk.insert() if sql.startswith("INSERT INTO logs") else contextlib.nullcontext()
        with met:
            super().command(sql, parameters, settings)


def main(path: Path) -> None:
    disk = Disk(path)
    engine = MetEngine(path / "engine", disk)
    migrate(engine)
    engine.command("SYSTEM STOP MERGES logs")
    writer = LogWriter(engine, finish(ParseOptions()))
    told = BufferingHandler(capacity=TRIES)
    logging.getLogger("prologue.store.unwritten").addHandler(told)
    batch = 0
    while len(told.buffer) < ENOUGH and batch < TRIES:
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
        "dropped": [record.getMessage() for record in told.buffer],
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
