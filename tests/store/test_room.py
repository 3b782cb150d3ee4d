"""Nothing is inserted and nothing is merged on a disk that is nearly full."""

from __future__ import annotations

from pathlib import Path

import pytest

from prologue.model.errors import EngineUnavailable
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish
from prologue.store.room import Room, free_bytes
from prologue.store.writer import LogWriter
from tests.store.test_writer import stage
from tests.support.server import wait_until


class Disk:
    free = 100


def test_merges_stop_and_start_again(migrated, tmp_path, caplog):
    said: list[str] = []
    disk = Disk()

    class Engine:
        def command(self, sql: str) -> None:
            said.append(sql)
            migrated.command(sql)

    room = Room(Engine(), tmp_path, 50, free=lambda _: disk.free)
    for free in (100, 49, 10, 50, 60):
        disk.free = free
        room.look()
    assert said == ["SYSTEM STOP MERGES", "SYSTEM START MERGES"]
    assert "nearly full" in caplog.text


def test_an_insert_waits_for_room_and_queries_do_not(migrated, tmp_path):
    disk = Disk()
    room = Room(migrated, tmp_path, 50, free=lambda _: disk.free)
    writer = LogWriter(migrated, finish(ParseOptions()), check=room.check)
    writer.parse([stage()])
    disk.free = 49
    with pytest.raises(EngineUnavailable, match="nearly full"):
        writer.commit(1, recover=False)
    assert migrated.arrow("SELECT count() AS n FROM logs")["n"][0].as_py() == 0
    disk.free = 50
    assert writer.commit(1, recover=True).inserted == 3


def test_a_disk_that_cannot_be_looked_at_is_told_once_and_holds_inserts_up(migrated, tmp_path, caplog):
    caplog.set_level("INFO")
    folder = tmp_path / "engine"
    looks: list[Path] = []

    def free(path: Path) -> int:
        looks.append(path)
        return free_bytes(path)

    room = Room(migrated, folder, 0, free=free)
    with pytest.raises(EngineUnavailable, match="cannot be looked at: No such file"):
        room.check()
    room.start()
    try:
        wait_until(lambda: "cannot be watched" in caplog.text)
        seen = len(looks)
        wait_until(lambda: len(looks) > seen + 5)
        folder.mkdir()
        wait_until(lambda: "is watched again" in caplog.text)
    finally:
        room.stop()
    assert caplog.text.count("cannot be watched") == 1
    room.check()


def test_what_is_free_is_asked_of_the_file_system(tmp_path: Path):
    assert free_bytes(tmp_path) > 0
