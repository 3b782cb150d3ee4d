"""An insert counts only if the disk took it, whatever the engine says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from prologue.model.errors import EngineUnavailable
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish
from prologue.store.unwritten import Unwritten
from prologue.store.writer import LogWriter
from tests.store.test_writer import ALL, bodies, stage
from tests.support.disks import small_disk

PARTS = (
    "SELECT path, name FROM system.parts WHERE table = 'logs' AND active AND database = currentDatabase() "
    "ORDER BY name"
)


@pytest.fixture
def failed(monkeypatch) -> list[int]:
    """How many writes failed, as the engine is made to say."""
    count = [0]
    monkeypatch.setattr(Unwritten, "_count", lambda self: count[0])
    return count


def test_the_engine_says_how_many_writes_failed(migrated):
    assert Unwritten(migrated).found() is False


def test_a_part_of_empty_files_is_dropped_and_its_batch_stored_again(migrated, failed, caplog):
    """The files are emptied before the writer looks, as the engine leaves them on a full disk."""
    writer = LogWriter(migrated, finish(ParseOptions()))
    writer.parse([stage()])
    store = writer._store

    def onto_a_full_disk(*args):
        store(*args)
        path = Path(migrated.arrow(PARTS)["path"][0].as_py())
        for name in ("data.cmrk4", "columns.txt", "checksums.txt"):
            (path / name).write_bytes(b"")
        failed[0] += 1
        writer._store = store

    writer._store = onto_a_full_disk
    with pytest.raises(EngineUnavailable, match="did not take a write"):
        writer.commit(7, recover=False)
    assert "which the engine called stored: it is dropped" in caplog.text
    assert migrated.arrow(PARTS).num_rows == 1
    assert writer.commit(7, recover=True).inserted == 1
    assert bodies(migrated) == ALL


def test_whole_parts_are_kept_where_another_write_failed(migrated, failed):
    writer = LogWriter(migrated, finish(ParseOptions()))
    writer.parse([stage()])
    writer._register_streams()
    failed[0] += 1
    with pytest.raises(EngineUnavailable):
        writer.commit(7, recover=False)
    assert bodies(migrated) == ALL
    assert writer.commit(7, recover=True).inserted == 0


def test_streams_are_named_again_where_the_disk_did_not_take_them(migrated, failed):
    writer = LogWriter(migrated, finish(ParseOptions()))
    writer.parse([stage()])
    failed[0] += 1
    with pytest.raises(EngineUnavailable):
        writer.commit(7, recover=False)
    assert bodies(migrated) == []
    migrated.command("TRUNCATE TABLE streams")
    assert writer.commit(7, recover=True).inserted == 3
    assert migrated.arrow("SELECT count() AS n FROM streams")["n"][0].as_py() == 2


def test_a_disk_that_others_fill_within_inserts(tmp_path):
    """The real thing, at random instants: it meets some parts that the engine commits with empty files."""
    with small_disk(tmp_path / "disk", 64) as disk:
        done = subprocess.run(
            [sys.executable, "-m", "tests.store.disk_that_fills", disk],
            capture_output=True,
            check=True,
            timeout=280,
        )
    found = json.loads(done.stdout)
    assert found["dropped"], found
    assert found["broken"] == []
    assert found["once"] == found["batches"]
