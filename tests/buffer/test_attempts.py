"""A batch that no process survives does not keep the next one from starting."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from prologue.buffer.attempts import FILE_NAME, MOST
from prologue.buffer.disk import DiskBuffer
from prologue.buffer.settings import BufferSettings

SETTINGS = BufferSettings(seal_after=3600.0, reserve_bytes=4096)


@pytest.fixture
def directory(tmp_path: Path, payload) -> Path:
    """A buffer with two segments that were not released."""
    with DiskBuffer(tmp_path / "0", SETTINGS) as buffer:
        for data in (b"deadly\n", b"innocent\n"):
            buffer.append(payload(data)).result(30)
            buffer.flush(30)
    return tmp_path / "0"


def killed(directory: Path, during: int) -> Path:
    """The directory after a process took so many segments and was killed."""
    after = directory.with_name(str(int(directory.name) + 1))
    with DiskBuffer(directory, SETTINGS) as buffer:
        for _ in range(during):
            assert buffer.take(0) is not None
        shutil.copytree(directory, after)
    return after


def left(directory: Path) -> list[bytes]:
    found = []
    with DiskBuffer(directory, SETTINGS) as buffer:
        while (segment := buffer.take(0)) is not None:
            found += [bytes(payload.data) for payload in segment.payloads()]
    return found


def test_the_deadly_one_is_set_aside_and_the_next_is_handed_out(directory: Path, caplog) -> None:
    for _ in range(MOST):
        directory = killed(directory, during=1)
    assert left(directory) == [b"innocent\n"]
    assert len(list((directory / "set-aside").glob("*.segment"))) == 1
    assert "the process ended 5 times while it was being stored" in caplog.text


def test_ends_in_order_are_not_counted(directory: Path) -> None:
    for _ in range(MOST + 1):
        assert left(directory) == [b"deadly\n", b"innocent\n"]
    assert not (directory / FILE_NAME).exists()


def test_what_is_stored_in_the_end_is_forgotten(directory: Path) -> None:
    for _ in range(MOST - 1):
        directory = killed(directory, during=2)
    with DiskBuffer(directory, SETTINGS) as buffer:
        while (segment := buffer.take(0)) is not None:
            buffer.release(segment)
        assert not (directory / FILE_NAME).exists()


def test_damaged_notes_count_from_nothing(directory: Path) -> None:
    for _ in range(MOST):
        directory = killed(directory, during=1)
    (directory / FILE_NAME).write_bytes(b"garbage")
    assert left(directory) == [b"deadly\n", b"innocent\n"]
