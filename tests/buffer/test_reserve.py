from __future__ import annotations

import errno
from pathlib import Path

import pytest

from prologue.buffer.reserve import FILE_NAME, Reserve


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_blocks_are_assigned_given_up_and_taken_back(tmp_path: Path, faulty) -> None:
    reserve = Reserve(faulty, tmp_path, 8192)
    reserve.refill()
    assert (tmp_path / FILE_NAME).stat().st_blocks * 512 >= 8192
    reserve.give_up()
    assert names(tmp_path) == []
    assert reserve.has_room(100)
    assert names(tmp_path) == [FILE_NAME]


def test_no_reserve_is_made_where_none_is_wanted(tmp_path: Path, faulty) -> None:
    assert Reserve(faulty, tmp_path, 0).has_room(10)
    assert names(tmp_path) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_no_room(tmp_path: Path, faulty, code: int) -> None:
    reserve = Reserve(faulty, tmp_path, 8192)
    faulty.fail["allocate"] = [code, 0, code]
    assert not reserve.has_room(100)  # not even for the reserve
    assert not reserve.has_room(100)  # for the reserve, but not for more
    assert names(tmp_path) == [FILE_NAME]
    assert reserve.has_room(100)


def test_other_trouble_is_not_taken_for_a_full_disk(tmp_path: Path, faulty) -> None:
    faulty.fail["allocate"] = errno.EROFS
    with pytest.raises(OSError, match="EROFS"):
        Reserve(faulty, tmp_path, 8192).has_room(1)
    assert names(tmp_path) == []
