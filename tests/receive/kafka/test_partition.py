"""One partition against a sink that fails: nothing skipped, nothing stored twice, whatever is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.buffer.disk import DiskBuffer
from prologue.buffer.settings import BufferSettings
from prologue.model.errors import BufferFull, PositionConflict
from prologue.model.payload import Payload, PayloadFormat
from prologue.receive.kafka.formats import Piece
from prologue.receive.kafka.partition import Partition
from tests.receive.kafka.conftest import PositionedSink


def piece(text: str = "x") -> Piece:
    return Piece(Payload("t", PayloadFormat.LINES, text.encode(), 1), 0, 1)


def test_held_moves_over_what_is_durable_in_order():
    sink = PositionedSink(hold=True)
    partition = Partition(sink, "s", 10)
    partition.offer(piece(), 12)
    partition.offer(piece(), 15)
    assert (partition.collect().records, partition.held, partition.settled) == (0, 10, False)
    sink.held_back[1][1].set_result(None)  # the later one first
    assert (partition.collect().records, partition.held) == (0, 10)
    sink.held_back[0][1].set_result(None)
    assert (partition.collect().records, partition.held, partition.settled) == (2, 15, True)


def test_gaps_are_covered():
    sink = PositionedSink()
    partition = Partition(sink, "s", 10)
    partition.offer(piece(), 12)
    partition.offer(piece(), 40)
    positions = [payload.position for payload in sink.payloads]
    assert [(found.start, found.end) for found in positions if found] == [(10, 12), (12, 40)]


def test_what_holds_no_record_is_done_with_in_its_turn():
    sink = PositionedSink(hold=True)
    partition = Partition(sink, "s", 0)
    partition.offer(piece(), 2)
    partition.offer(Piece(None, 0, 0), 5)
    partition.collect()
    assert partition.held == 0
    sink.let_go()
    partition.collect()
    assert partition.held == 5


@pytest.mark.parametrize("how", ["refusal", "failure"])
def test_a_refusal_rewinds_to_what_is_not_durable(how):
    sink = PositionedSink()
    partition = Partition(sink, "s", -1)
    partition.next = 7
    partition.offer(piece(), 9)
    setattr(sink, how, BufferFull("full"))
    partition.offer(piece(), 11)
    partition.offer(piece(), 13)
    partition.collect()
    assert partition.failure is not None
    assert partition.settled
    assert (partition.rewind(), partition.failure, partition.held) == (9, None, 9)
    setattr(sink, how, None)
    partition.offer(piece(), 13)
    partition.collect()
    assert partition.held == 13


def test_nothing_was_stored_yet_and_the_first_is_refused():
    sink = PositionedSink(refusal=BufferFull("full"))
    partition = Partition(sink, "s", -1)
    partition.next = 7
    partition.offer(piece(), 9)
    assert partition.rewind() == 7
    assert partition.held == -1


def test_where_the_sink_wants_to_resume_is_where_it_resumes():
    sink = PositionedSink(refusal=PositionConflict("hole", source="s", resume_at=4))
    partition = Partition(sink, "s", 7)
    partition.offer(piece(), 9)
    assert partition.rewind() == 4


def test_messages_that_were_on_their_way_when_it_was_rewound_are_not_taken():
    sink = PositionedSink(refusal=BufferFull("full"))
    partition = Partition(sink, "s", 0)
    partition.next = 20
    partition.offer(piece(), 25)
    sink.ends["s"] = 0
    partition.next = 25
    partition._offered.clear()
    partition.failure = PositionConflict("hole", source="s", resume_at=20)
    assert partition.rewind() == 20
    assert partition.is_stale(25)
    assert not partition.is_stale(20)
    assert not partition.is_stale(25)


def test_messages_that_are_gone_for_good_are_not_waited_for_for_ever():
    partition = Partition(PositionedSink(), "s", 0)
    partition.next = 25
    partition.failure = PositionConflict("hole", source="s", resume_at=20)
    partition.rewind()
    assert [partition.is_stale(30) for _ in range(4)] == [True, True, True, False]


@given(
    faults=st.lists(st.sampled_from(["none", "refusal", "failure"]), max_size=30),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=12),
)
def test_whatever_is_refused_each_message_is_stored_once(faults, sizes):
    """A log of single messages is read in batches; after each fault it is read again from the rewind."""
    total = sum(sizes)
    sink = PositionedSink()
    partition = Partition(sink, "s", 0)
    faults = list(faults)
    for _ in range(200):
        position, batches = partition.next, list(sizes)
        while position < total:
            end = min(position + batches[0], total)
            batches = batches[1:] + batches[:1]
            fault = faults.pop() if faults else "none"
            sink.refusal = BufferFull("full") if fault == "refusal" else None
            sink.failure = BufferFull("full") if fault == "failure" else None
            partition.offer(piece(",".join(map(str, range(position, end)))), end)
            position = end
        partition.collect()
        if partition.failure is None:
            break
        partition.rewind()
    stored = ",".join(bytes(payload.data).decode() for payload in sink.payloads)
    assert stored == ",".join(map(str, range(total)))
    assert partition.held == total


def test_the_real_buffer_agrees(tmp_path):
    buffer = DiskBuffer(tmp_path / "buffer", BufferSettings())
    try:
        partition = Partition(buffer, "kafka/c/g/t/id/0", -1)
        partition.next = 100
        for end in (120, 121, 400):
            partition.offer(piece(f"to {end}"), end)
        for offered in partition._offered:
            assert offered.future is not None
            offered.future.result(20)
        assert partition.collect().records == 3
        again = Partition(buffer, "kafka/c/g/t/id/0", buffer.durable_position("kafka/c/g/t/id/0"))
        assert again.next == 400
    finally:
        buffer.close()
