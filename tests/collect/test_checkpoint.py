"""The checkpoint: whole or not at all, and never later than promised."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prologue.collect import checkpoint
from prologue.collect.checkpoint import FileEntry, JournalEntry, Writer, load, save
from prologue.collect.identity import Fingerprint

ENTRY = FileEntry("file:1:2:t", "/a", 1, 2, 0, 10, 20, Fingerprint(3, "h"), Fingerprint(4, "c"), 5, 6)
JOURNAL = JournalEntry("journal:t", "s=1", 100, "s=2", 200)


def test_round_trip(tmp_path: Path) -> None:
    save(tmp_path / "c.json", (ENTRY,), JOURNAL)
    loaded = load(tmp_path / "c.json")
    assert (loaded.files, loaded.journal, loaded.fresh, loaded.problem) == ((ENTRY,), JOURNAL, False, "")
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]


def test_none_yet(tmp_path: Path) -> None:
    assert load(tmp_path / "c.json").fresh


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version":99,"files":[]}', '{"version":1,"files":[{}]}'])
def test_damage_is_told_and_kept_for_inspection(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.json"
    path.write_text(text)
    loaded = load(path)
    assert loaded.files == ()
    assert "twice" in loaded.problem
    assert (tmp_path / "c.damaged").read_text() == text
    assert not path.exists()


def test_writer_keeps_its_promise(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "deep/c.json")
    writer.start(None)
    version = writer.put_files({"x": ENTRY})
    assert writer.wait_written(version, 10)
    assert writer.is_written(version)
    assert load(tmp_path / "deep/c.json").files == (ENTRY,)
    writer.put_journal(JOURNAL)
    writer.close(10)
    assert load(tmp_path / "deep/c.json").journal == JOURNAL


def test_a_disk_that_refuses_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., None]
) -> None:
    full = True
    real = os.fsync

    def fsync(fd: int) -> None:
        if full and stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(28, "No space left on device")
        real(fd)

    monkeypatch.setattr(checkpoint.os, "fsync", fsync)
    writer = Writer(tmp_path / "c.json", retry_s=0.01)
    writer.start(None)
    version = writer.put_files({"x": ENTRY})
    eventually(lambda: "No space left" in writer.error)
    assert not writer.is_written(version)
    full = False
    assert writer.wait_written(version, 10)
    assert writer.error == ""
    writer.close(10)


def test_no_byte_is_sent_before_its_file_is_in_the_checkpoint(machine: Any, monkeypatch: Any) -> None:
    known: list[bool] = []

    def look(payload: Any) -> None:
        document = json.loads((machine.root / "data/collect.json").read_text())
        known.append(payload.position.source in {entry["source"] for entry in document["files"]})

    machine.sink.on_append = look
    for number in range(20):
        machine.log(f"{number}.log", b"line\n")
    machine.start()
    machine.expect(b"line\n" * 20)
    path = machine.log("19.log", b"anew\n")
    machine.expect(b"line\n" * 20 + b"anew\n")
    assert path.exists()
    assert known
    assert all(known)
