from __future__ import annotations

import errno
import logging
from pathlib import Path

import pytest

from prologue.buffer.quarantine import FOLDER, Quarantine
from prologue.buffer.scan import Damage

DAMAGES = [Damage(3, 6, 2, "a frame's checksum does not hold"), Damage(8, 9, 1, "a frame is cut short")]
CONTENT = b"012BAD67B9"


@pytest.fixture
def told() -> list:
    return []


@pytest.fixture
def quarantine(tmp_path: Path, faulty, told: list) -> Quarantine:
    (tmp_path / "7.segment").write_bytes(CONTENT)
    return Quarantine(faulty, tmp_path, told.append)


def test_each_stretch_is_copied_counted_and_told_once(tmp_path: Path, quarantine, told, caplog) -> None:
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            quarantine.report(tmp_path / "7.segment", CONTENT, DAMAGES)
    files = {path.name: path.read_bytes() for path in (tmp_path / FOLDER).iterdir()}
    assert files == {"7-0000000003.damaged": b"BAD", "7-0000000008.damaged": b"B"}
    assert (quarantine.frames, quarantine.bytes) == (3, 4)
    assert [found.damage for found in told] == DAMAGES
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "7.segment is damaged from byte 3 to 6, about 2 payloads" in caplog.text


def test_a_released_segment_goes_if_its_damage_was_copied(tmp_path: Path, quarantine) -> None:
    quarantine.report(tmp_path / "7.segment", CONTENT, DAMAGES)
    quarantine.remove(tmp_path / "7.segment")
    quarantine.remove(tmp_path / "7.segment")
    assert not (tmp_path / "7.segment").exists()


def test_a_segment_is_kept_whole_where_the_copy_fails(tmp_path: Path, quarantine, told, faulty) -> None:
    faulty.fail["write"] = errno.ENOSPC
    quarantine.report(tmp_path / "7.segment", CONTENT, DAMAGES)
    quarantine.remove(tmp_path / "7.segment")
    quarantine.remove(tmp_path / "7.segment")
    assert (tmp_path / FOLDER / "7.segment").read_bytes() == CONTENT
    assert quarantine.frames == 3
    assert {found.kept_in for found in told} == {tmp_path / FOLDER / "7.segment"}


def test_a_file_is_moved_whole(tmp_path: Path, quarantine, told) -> None:
    quarantine.move(tmp_path / "7.segment", "it cannot be read", len(CONTENT))
    assert (tmp_path / FOLDER / "7.segment").read_bytes() == CONTENT
    assert not (tmp_path / "7.segment").exists()
    assert [found.damage.reason for found in told] == ["it cannot be read"]
