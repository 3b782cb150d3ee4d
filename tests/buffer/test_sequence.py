from __future__ import annotations

import errno
from pathlib import Path

import pytest

from prologue.buffer.filesystem import FileSystem
from prologue.buffer.sequence import BLOCK, FILE_NAME, Sequence
from prologue.buffer.statefile import StateDamaged


def make(tmp_path: Path, clock, filesystem: FileSystem | None = None) -> Sequence:
    sequence = Sequence(filesystem or FileSystem(), tmp_path, clock.unix_ns)
    sequence.load()
    return sequence


def test_numbers_grow_across_any_kind_of_end(tmp_path: Path, clock) -> None:
    seen = [0]
    for life in range(6):
        sequence = make(tmp_path, clock)
        seen += [sequence.take() for _ in range(3 if life else BLOCK + 5)]
        if life % 2:
            sequence.close()
    assert seen == sorted(set(seen))


def test_a_clean_end_skips_nothing(tmp_path: Path, clock) -> None:
    first = make(tmp_path, clock)
    last = first.take()
    first.close()
    assert make(tmp_path, clock).take() == last + 1


def test_existing_segments_count_even_beyond_what_was_reserved(tmp_path: Path, clock) -> None:
    sequence = make(tmp_path, clock)
    sequence.used(10**15)
    assert sequence.take() == 10**15 + 1


def test_numbers_go_on_after_every_number_of_the_past_when_the_file_is_damaged(tmp_path: Path, clock) -> None:
    before = [make(tmp_path, clock).take() for _ in range(3)]
    (tmp_path / FILE_NAME).write_bytes(b"garbage")
    sequence = Sequence(FileSystem(), tmp_path, clock.unix_ns)
    with pytest.raises(StateDamaged):
        sequence.load()
    assert sequence.take() > max(before)


def test_one_write_serves_a_block(tmp_path: Path, clock, faulty) -> None:
    sequence = make(tmp_path, clock, faulty)
    for _ in range(BLOCK):
        sequence.take()
    assert faulty.calls.count("rename") == 1


def test_a_number_that_cannot_be_reserved_is_not_used(tmp_path: Path, clock, faulty) -> None:
    sequence = make(tmp_path, clock, faulty)
    faulty.fail["rename"] = [errno.ENOSPC]
    with pytest.raises(OSError, match="ENOSPC"):
        sequence.take()
    taken = sequence.take()
    assert make(tmp_path, clock).take() > taken
