from __future__ import annotations

from pathlib import Path

import pytest

from prologue.buffer.filesystem import FileSystem
from prologue.buffer.quarantine import Quarantine
from prologue.buffer.segment import DiskSegment
from prologue.buffer.shelf import Shelf


@pytest.fixture
def segments(tmp_path: Path) -> list[DiskSegment]:
    quarantine = Quarantine(FileSystem(), tmp_path)
    return [
        DiskSegment(
            number, f"id-{number}", tmp_path / str(number), 1, 0, FileSystem(), quarantine, number * 100
        )
        for number in (3, 5, 6)
    ]


def test_the_way_of_a_segment(segments: list[DiskSegment]) -> None:
    shelf = Shelf(segments[:2])
    shelf.add(segments[2])
    assert (len(shelf), shelf.bytes, shelf.waiting, shelf.oldest) == (3, 1400, True, segments[0])
    assert [shelf.take() for _ in range(4)] == [*segments, None]
    assert (len(shelf), shelf.bytes, shelf.waiting, shelf.oldest) == (3, 1400, False, segments[0])
    shelf.release(segments[0])
    assert (len(shelf), shelf.bytes, shelf.oldest) == (2, 1100, segments[1])
    assert shelf.find(3) is None
    assert shelf.find(5) is segments[1]


def test_a_segment_released_before_it_was_taken_is_not_handed_out(segments: list[DiskSegment]) -> None:
    shelf = Shelf(segments)
    shelf.release(segments[1])
    assert [shelf.take() for _ in range(3)] == [segments[0], segments[2], None]
