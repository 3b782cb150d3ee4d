from __future__ import annotations

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.buffer.filesystem import FileSystem
from prologue.buffer.positions import FILE_NAME, Positions
from prologue.buffer.statefile import StateDamaged
from prologue.model.errors import PositionConflict
from prologue.model.payload import SourcePosition

DAY = 86_400.0


def at(start: int, end: int, source: str = "f") -> SourcePosition:
    return SourcePosition(source, start, end)


@pytest.fixture
def positions(clock) -> Positions:
    return Positions(clock.unix_ns, forget_after=10 * DAY)


def test_what_is_held_is_not_stored_again(positions: Positions) -> None:
    assert positions.durable("f") == 0
    assert positions.admit(at(0, 100), {})
    positions.advance([at(0, 100)])
    assert positions.durable("f") == 100
    assert positions.covers(at(0, 100))
    assert not positions.admit(at(0, 100), {})
    assert not positions.admit(at(50, 90), {})
    assert positions.admit(at(100, 150), {})


def test_a_repetition_within_one_batch_is_not_stored_either(positions: Positions) -> None:
    batch: dict[str, int] = {}
    assert positions.admit(at(0, 100), batch)
    assert not positions.admit(at(0, 100), batch)
    assert positions.admit(at(100, 200), batch)
    assert not positions.covers(at(0, 100))


def test_an_overlap_names_where_to_resume(positions: Positions) -> None:
    positions.advance([at(0, 100)])
    with pytest.raises(PositionConflict) as caught:
        positions.admit(at(50, 150), {})
    assert (caught.value.source, caught.value.resume_at) == ("f", 100)
    assert "byte 100" in caught.value.cure
    # What follows the refused bytes must not jump over them.
    with pytest.raises(PositionConflict):
        positions.admit(at(150, 200), {})
    assert positions.admit(at(100, 150), {})


def test_what_follows_a_failed_payload_waits_for_its_retry(positions: Positions) -> None:
    positions.failed(at(0, 100))
    with pytest.raises(PositionConflict) as caught:
        positions.admit(at(100, 200), {})
    assert caught.value.resume_at == 0
    assert positions.admit(at(0, 5, "another"), {})
    batch: dict[str, int] = {}
    assert positions.admit(at(0, 100), batch)
    assert positions.admit(at(100, 200), batch)  # the retry is in the same batch
    positions.advance([at(0, 100)])
    assert positions.admit(at(100, 200), {})


def test_an_earlier_payload_that_still_waits_does_not_close_the_hole(positions: Positions) -> None:
    positions.failed(at(100, 200))  # refused at the door while 0 to 100 waits
    positions.advance([at(0, 100)])
    with pytest.raises(PositionConflict) as caught:
        positions.admit(at(200, 300), {})
    assert caught.value.resume_at == 100
    positions.advance([at(100, 200)])
    assert positions.admit(at(200, 300), {})


def test_the_failure_of_a_repetition_leaves_no_hole(positions: Positions) -> None:
    positions.advance([at(0, 100)])
    positions.failed(at(0, 100))
    assert positions.admit(at(100, 200), {})


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 5), st.booleans()), max_size=60))
def test_a_byte_is_never_stored_twice_nor_jumped_over(steps) -> None:
    """Whatever a reader offers, in whatever order, and whatever fails: once it started at 0, the bytes
    below the durable position were stored exactly once each, in order."""
    positions = Positions(lambda: 0, DAY)
    positions.advance([at(0, 1)])
    stored = [0]
    for offset, length, works in steps:
        # A reader may repeat, overlap or run ahead, but only over what it has offered before.
        frontier = max(positions.durable("f"), positions._holes.get("f", 0))
        position = at(min(offset, frontier), min(offset, frontier) + length)
        try:
            if not positions.admit(position, {}):
                continue
        except PositionConflict as conflict:
            assert conflict.resume_at <= max(position.start, positions.durable("f"))
            continue
        if works:
            stored += range(position.start, position.end)
            positions.advance([position])
        else:
            positions.failed(position)
    assert stored == list(range(positions.durable("f")))


def test_save_and_load(tmp_path: Path, positions: Positions, clock) -> None:
    positions.advance([at(0, 100), at(0, 7, "g")])
    assert positions.saved_version < positions.version
    positions.save(FileSystem(), tmp_path)
    assert positions.saved_version == positions.version
    after = Positions(clock.unix_ns, DAY)
    after.advance([at(0, 40), at(7, 9, "g")])  # what recovery found in frames
    after.load(FileSystem(), tmp_path)
    assert (after.durable("f"), after.durable("g"), len(after)) == (100, 9, 2)


def test_a_failed_save_is_not_counted(tmp_path: Path, positions: Positions, faulty) -> None:
    positions.advance([at(0, 100)])
    faulty.fail["sync"] = errno.EIO
    with pytest.raises(OSError, match="EIO"):
        positions.save(faulty, tmp_path)
    assert positions.saved_version == 0


def test_damage_is_an_error_of_its_own(tmp_path: Path, positions: Positions) -> None:
    positions.advance([at(0, 100)])
    positions.save(FileSystem(), tmp_path)
    content = bytearray((tmp_path / FILE_NAME).read_bytes())
    content[-1] ^= 1
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(StateDamaged):
        positions.load(FileSystem(), tmp_path)


def test_unused_sources_are_forgotten_and_asking_is_a_use(
    tmp_path: Path, positions: Positions, clock
) -> None:
    positions.advance([at(0, 1, f"old-{number}") for number in range(5000)])
    positions.advance([at(0, 1, "idle"), at(0, 1, "busy")])
    clock.seconds += 9 * DAY
    assert positions.durable("idle") == 1
    positions.advance([at(1, 2, "busy")])
    clock.seconds += 2 * DAY
    positions.save(FileSystem(), tmp_path)
    after = Positions(clock.unix_ns, DAY)
    after.load(FileSystem(), tmp_path)
    assert (len(after), after.durable("idle"), after.durable("busy")) == (2, 1, 2)


def test_asking_about_unknown_sources_keeps_nothing(positions: Positions) -> None:
    for number in range(100):
        assert positions.durable(f"unknown-{number}") == 0
    assert len(positions) == 0
