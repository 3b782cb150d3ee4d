from __future__ import annotations

import errno
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from prologue.buffer.commit import Committer, Outcome, Pending
from prologue.buffer.frame import encode_payload
from prologue.buffer.positions import Positions
from prologue.buffer.quarantine import Quarantine
from prologue.buffer.recovery import Recovered
from prologue.buffer.scan import scan
from prologue.buffer.sequence import Sequence
from prologue.model.errors import BufferFull, PositionConflict, TemporaryError
from prologue.model.payload import Payload


@pytest.fixture
def recovered(tmp_path: Path, faulty, clock) -> Recovered:
    return Recovered(
        Positions(clock.unix_ns, 1000.0),
        Sequence(faulty, tmp_path, clock.unix_ns),
        Quarantine(faulty, tmp_path),
    )


@pytest.fixture
def committer(tmp_path: Path, faulty, clock, recovered: Recovered) -> Committer:
    return Committer(faulty, tmp_path, recovered, clock.monotonic)


@pytest.fixture
def pending(payload) -> Callable[..., Pending]:
    def make(*arguments, **options) -> Pending:
        made: Payload = payload(*arguments, **options)
        return Pending(encode_payload(made), made.position, made.received_ns, Future())

    return make


def fates(outcome: Outcome) -> tuple[int, int, list[type]]:
    return len(outcome.stored), len(outcome.held), [type(error) for _, error in outcome.failed]


def contents(committer: Committer) -> list[bytes]:
    assert committer.open is not None
    found = scan(committer.open.path.read_bytes(), committer.open.length)
    return [bytes(frame.payload.data) for frame in found.frames]


def test_one_sync_for_a_batch(committer, pending, faulty) -> None:
    assert fates(committer.commit([pending(b"%d" % number) for number in range(50)])) == (50, 0, [])
    assert committer.fsyncs == 1
    assert contents(committer) == [b"%d" % number for number in range(50)]


def test_repetitions_and_conflicts_in_a_batch(committer, pending) -> None:
    batch = [
        pending(b"0123", source="f", start=0),
        pending(b"0123", source="f", start=0),
        pending(b"3456", source="f", start=3),
        pending(b"4567", source="f", start=4),
    ]
    # The third overlaps and is refused; the fourth starts where the third should have.
    assert fates(committer.commit(batch)) == (2, 1, [PositionConflict])
    assert contents(committer) == [b"0123", b"4567"]


def test_a_batch_of_repetitions_writes_nothing(committer, pending, faulty) -> None:
    committer.commit([pending(b"0123", source="f")])
    before = list(faulty.calls)
    assert fates(committer.commit([pending(b"0123", source="f")])) == (0, 1, [])
    assert faulty.calls == before


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_cuts_back_and_goes_on_in_the_same_segment(committer, pending, faulty, code) -> None:
    committer.commit([pending(b"before")])
    sequence = committer.open.sequence
    faulty.fail["write"] = [code]
    outcome = committer.commit([pending(b"a"), pending(b"b")])
    assert fates(outcome) == (0, 0, [BufferFull, BufferFull])
    assert (outcome.disk_full, outcome.sealed) == (True, None)
    assert committer.open.path.stat().st_size == committer.open.length
    assert fates(committer.commit([pending(b"after")])) == (1, 0, [])
    assert committer.open.sequence == sequence
    assert contents(committer) == [b"before", b"after"]


def test_a_disk_that_fills_in_the_middle_of_a_write(committer, pending, faulty) -> None:
    committer.commit([pending(b"before")])
    faulty.capacity = 5000
    assert committer.commit([pending(b"x" * 4000), pending(b"y" * 4000)]).disk_full
    faulty.capacity = None
    assert committer.open.path.stat().st_size == committer.open.length
    committer.commit([pending(b"after")])
    assert contents(committer) == [b"before", b"after"]


def test_a_disk_that_is_full_from_the_first_byte(committer, pending, faulty) -> None:
    for call in ("create", "write"):
        faulty.fail[call] = [errno.ENOSPC]
        outcome = committer.commit([pending(b"a")])
        assert fates(outcome) == (0, 0, [BufferFull])
        assert outcome.disk_full
    assert committer.seal() is None
    assert fates(committer.commit([pending(b"after")])) == (1, 0, [])


@pytest.mark.parametrize("call", ["write", "sync"])
def test_after_an_error_of_the_disk_the_segment_is_sealed_as_it_was(
    committer, pending, faulty, call: str
) -> None:
    committer.commit([pending(b"before")])
    abandoned = committer.open
    faulty.fail[call] = [errno.EIO]
    outcome = committer.commit([pending(b"a"), pending(b"b")])
    assert fates(outcome) == (0, 0, [TemporaryError, TemporaryError])
    assert outcome.sealed is not None
    assert [bytes(found.data) for found in outcome.sealed.payloads()] == [b"before"]
    assert committer.open is None
    committer.commit([pending(b"after")])
    assert committer.open.sequence > abandoned.sequence


def test_a_failed_sync_is_never_tried_again_on_the_same_file(committer, pending, faulty) -> None:
    synced: list[str] = []
    faulty.before = lambda name: (
        synced.append(committer.open.path.name) if name == "sync" and committer.open else None
    )
    committer.commit([pending(b"before")])
    name = committer.open.path.name
    faulty.fail["sync"] = [errno.EIO]
    committer.commit([pending(b"a")])
    for number in range(3):
        committer.commit([pending(b"%d" % number)])
    assert synced.count(name) == 2  # one that worked, one that did not


def test_a_failed_first_sync_leaves_no_file_and_no_segment(
    tmp_path: Path, committer, pending, faulty
) -> None:
    faulty.fail["sync"] = [0, errno.EIO]  # the first sync reserves numbers
    outcome = committer.commit([pending(b"a")])
    assert fates(outcome) == (0, 0, [TemporaryError])
    assert outcome.sealed is None
    assert not list(tmp_path.glob("*.segment"))


def test_a_name_that_cannot_be_synced_is_no_acknowledgement(committer, pending, faulty) -> None:
    faulty.fail["sync_directory"] = [0, errno.EIO]  # the first is that of reserving numbers
    assert fates(committer.commit([pending(b"a")])) == (0, 0, [TemporaryError])
    assert fates(committer.commit([pending(b"b")])) == (1, 0, [])


def test_repetitions_fail_with_what_they_repeat(committer, pending, faulty, recovered) -> None:
    committer.commit([pending(b"0123", source="g")])
    faulty.fail["sync"] = [errno.EIO]
    batch = [
        pending(b"0123", source="f"),
        pending(b"0123", source="f"),
        pending(b"0123", source="g"),  # held before: this one is true whatever happens
    ]
    assert fates(committer.commit(batch)) == (0, 1, [TemporaryError, TemporaryError])
    assert recovered.positions.durable("f") == 0
    outcome = committer.commit([pending(b"4567", source="f", start=4)])
    assert fates(outcome) == (0, 0, [PositionConflict])
    assert outcome.failed[0][1].resume_at == 0


def test_a_file_that_cannot_be_cut_is_left_behind(committer, pending, faulty) -> None:
    committer.commit([pending(b"before")])
    faulty.fail.update(write=[errno.ENOSPC], truncate=[errno.EIO])
    outcome = committer.commit([pending(b"a")])
    assert outcome.sealed is not None
    assert [bytes(found.data) for found in outcome.sealed.payloads()] == [b"before"]


def test_an_empty_segment_is_never_made(committer, tmp_path: Path) -> None:
    assert committer.seal() is None
    assert fates(committer.commit([])) == (0, 0, [])
    assert not list(tmp_path.glob("*.segment"))
