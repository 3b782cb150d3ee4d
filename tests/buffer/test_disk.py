from __future__ import annotations

import errno
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prologue.buffer.commit import Committer
from prologue.buffer.disk import DiskBuffer
from prologue.model.errors import (
    BufferFull,
    ConfigError,
    PayloadTooLarge,
    PositionConflict,
    TemporaryError,
)
from prologue.model.payload import Payload, PayloadFormat, PayloadSink, PayloadSource, Receipt

WAIT = 30  # seconds; only a failing test waits that long


def datas(segment) -> list[bytes]:
    return [bytes(payload.data) for payload in segment.payloads()]


class Gate:
    """Holds the committer at one call of the file system until the test opens it."""

    def __init__(self, filesystem, call: str) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self.call = call
        filesystem.before = self.pass_through

    def pass_through(self, name: str) -> None:
        if name == self.call and threading.current_thread().name == "buffer-commit":
            self.reached.set()
            assert self.opened.wait(WAIT)


def test_it_is_both_ends_of_the_contract(open_buffer) -> None:
    buffer = open_buffer()
    sink: PayloadSink = buffer
    source: PayloadSource = buffer
    assert sink.durable_position("f") == 0
    assert source.take(0) is None


def test_an_acknowledged_payload_is_in_a_file(open_buffer, payload, tmp_path: Path) -> None:
    receipt = open_buffer().append(payload(b"the line\n")).result(WAIT)
    path = tmp_path / "buffer" / f"{receipt.segment:020d}.segment"
    assert b"the line\n" in path.read_bytes()


def test_the_acknowledgement_comes_after_the_sync(open_buffer, payload, faulty) -> None:
    buffer = open_buffer(faulty)
    buffer.append(payload()).result(WAIT)
    gate = Gate(faulty, "sync")
    future = buffer.append(payload())
    assert gate.reached.wait(WAIT)
    assert not future.done()
    assert buffer.stats().waiting == 1
    gate.opened.set()
    future.result(WAIT)


def test_what_waits_during_a_sync_shares_the_next(open_buffer, payload, faulty) -> None:
    buffer = open_buffer(faulty)
    buffer.append(payload()).result(WAIT)
    gate = Gate(faulty, "sync")
    futures = [buffer.append(payload(b"first"))]
    assert gate.reached.wait(WAIT)
    futures += [buffer.append(payload(b"%d" % number)) for number in range(100)]
    gate.opened.set()
    for future in futures:
        future.result(WAIT)
    assert buffer.stats().fsyncs == 3


def test_many_threads(open_buffer, payload, drain) -> None:
    buffer = open_buffer(segment_bytes=8192)
    sent = [b"%04d" % number * 20 for number in range(800)]
    with ThreadPoolExecutor(8) as pool:
        for future in list(pool.map(lambda data: buffer.append(payload(data)), sent)):
            assert future.result(WAIT).segment > 0
    assert sorted(bytes(found.data) for found in drain(buffer)) == sent
    stats = buffer.stats()
    assert (stats.appended_payloads, stats.bytes, stats.segments, stats.waiting_bytes) == (800, 0, 0, 0)


def test_a_future_cannot_be_cancelled(open_buffer, payload) -> None:
    future = open_buffer().append(payload())
    assert not future.cancel()
    assert future.result(WAIT).segment > 0


def test_segments_are_sealed_by_size(open_buffer, payload) -> None:
    buffer = open_buffer(segment_bytes=4096)
    for number in range(10):
        buffer.append(payload(b"%d" % number * 1500)).result(WAIT)
    sizes = []
    while (segment := buffer.take(0)) is not None:
        sizes.append((segment.bytes, len(segment.payloads())))
    assert [count for _, count in sizes] == [3, 3, 3]  # the tenth is in the open segment
    assert all(4096 <= size < 4096 + 1700 for size, _ in sizes)


def test_a_big_batch_is_spread_over_segments(open_buffer, payload, faulty) -> None:
    buffer = open_buffer(faulty, segment_bytes=4096)
    gate = Gate(faulty, "sync")
    futures = [buffer.append(payload(b"x" * 1500)) for _ in range(20)]
    gate.opened.set()
    segments = {future.result(WAIT).segment for future in futures}
    assert len(segments) >= 6


def test_a_segment_is_sealed_by_age_while_the_consumer_keeps_up(open_buffer, payload, clock) -> None:
    buffer = open_buffer(clock=clock, seal_after=0.25)
    buffer.append(payload(b"first")).result(WAIT)
    assert buffer.take(0) is None
    clock.seconds += 0.3
    buffer.append(payload(b"second")).result(WAIT)  # wakes the committer, as the time would
    first = buffer.take(WAIT)
    assert datas(first)[0] == b"first"


def test_the_open_segment_grows_while_sealed_ones_wait(open_buffer, payload, clock) -> None:
    buffer = open_buffer(clock=clock, seal_after=0.25, segment_bytes=4096)
    buffer.append(payload(b"x" * 5000)).result(WAIT)  # full, so sealed: it waits for the consumer
    for _ in range(5):
        clock.seconds += 1
        buffer.append(payload(b"y" * 500)).result(WAIT)
    assert buffer.stats().segments == 2
    assert len(buffer.take(0).payloads()) == 1
    assert len(buffer.take(WAIT).payloads()) == 5  # sealed as soon as nothing waits


def test_time_alone_seals(open_buffer, payload) -> None:
    buffer = open_buffer(seal_after=0.01)
    buffer.append(payload(b"x")).result(WAIT)
    assert datas(buffer.take(WAIT)) == [b"x"]


def test_take_hands_a_segment_to_one_taker(open_buffer, payload) -> None:
    buffer = open_buffer(segment_bytes=4096)
    for _ in range(30):
        buffer.append(payload(b"x" * 4096)).result(WAIT)
    with ThreadPoolExecutor(4) as pool:
        taken = [segment.sequence for segment in pool.map(lambda _: buffer.take(WAIT), range(30))]
    assert len(set(taken)) == 30
    assert buffer.take(0) is None


def test_release_deletes_and_is_idempotent(open_buffer, payload, tmp_path: Path) -> None:
    buffer = open_buffer()
    buffer.append(payload()).result(WAIT)
    buffer.flush(WAIT)
    segment = buffer.take(0)
    assert buffer.stats().segments == 1
    buffer.release(segment)
    buffer.release(segment)
    assert not list((tmp_path / "buffer").glob("*.segment"))
    assert (buffer.stats().segments, buffer.stats().bytes) == (0, 0)


def test_release_in_any_order(open_buffer, payload) -> None:
    buffer = open_buffer()
    for data in (b"a", b"b", b"c"):
        buffer.append(payload(data)).result(WAIT)
        buffer.flush(WAIT)
    segments = [buffer.take(0) for _ in range(3)]
    buffer.release(segments[1])
    buffer.close()
    again = open_buffer()
    assert [datas(again.take(0)) for _ in range(2)] == [[b"a"], [b"c"]]


@pytest.mark.parametrize("call", ["unlink", "sync_directory", "rename"])
def test_a_release_that_fails_can_be_tried_again(open_buffer, payload, faulty, call: str) -> None:
    buffer = open_buffer(faulty)
    buffer.append(payload(source="f")).result(WAIT)
    buffer.flush(WAIT)
    segment = buffer.take(0)
    faulty.fail[call] = [errno.EIO]
    with pytest.raises(TemporaryError, match="cannot be released"):
        buffer.release(segment)
    assert buffer.stats().segments == 1
    buffer.release(segment)
    assert buffer.stats().segments == 0
    assert buffer.durable_position("f") == 5


def test_positions_are_saved_before_their_segment_goes(open_buffer, payload, faulty) -> None:
    buffer = open_buffer(faulty)
    buffer.append(payload(source="f")).result(WAIT)
    buffer.append(payload()).result(WAIT)
    buffer.flush(WAIT)
    segment = buffer.take(0)
    faulty.calls.clear()
    buffer.release(segment)
    calls = [call for call in faulty.calls if call in {"sync", "rename", "unlink", "sync_directory"}]
    # The first unlink clears a temporary file of the past, the last is the segment's.
    assert calls == ["unlink", "sync", "rename", "sync_directory", "unlink", "sync_directory"]


def test_one_save_covers_a_backlog(open_buffer, payload, faulty) -> None:
    buffer = open_buffer(faulty)
    for number in range(5):
        buffer.append(payload(b"12345", source="f", start=5 * number)).result(WAIT)
        buffer.flush(WAIT)
    faulty.calls.clear()
    for _ in range(5):
        buffer.release(buffer.take(0))
    assert faulty.calls.count("rename") == 1


def test_the_same_bytes_are_stored_once(open_buffer, payload, drain) -> None:
    buffer = open_buffer()
    assert buffer.append(payload(b"01234", source="f")).result(WAIT).segment > 0
    assert buffer.append(payload(b"01234", source="f")).result(WAIT) == Receipt(-1)
    assert buffer.durable_position("f") == 5
    with pytest.raises(PositionConflict) as caught:
        buffer.append(payload(b"34567", source="f", start=3)).result(WAIT)
    assert caught.value.resume_at == 5
    assert [bytes(found.data) for found in drain(buffer)] == [b"01234"]
    assert buffer.stats().duplicate_payloads == 1


def test_a_repetition_waits_for_what_it_repeats(open_buffer, payload, faulty) -> None:
    buffer = open_buffer(faulty)
    buffer.append(payload()).result(WAIT)
    gate = Gate(faulty, "sync")
    first = buffer.append(payload(b"01234", source="f"))
    assert gate.reached.wait(WAIT)
    second = buffer.append(payload(b"01234", source="f"))
    assert not second.done()
    faulty.fail["sync"] = [errno.EIO, 0]
    gate.opened.set()
    with pytest.raises(TemporaryError):
        first.result(WAIT)
    assert second.result(WAIT).segment > 0  # the second was the retry of the first


def test_bytes_after_refused_ones_are_refused_too(open_buffer, payload) -> None:
    buffer = open_buffer(max_bytes=65536, segment_bytes=65536)
    buffer.append(payload(b"x" * 60_000)).result(WAIT)
    with pytest.raises(BufferFull):
        buffer.append(payload(b"y" * 10_000, source="f"))
    with pytest.raises(PositionConflict) as caught:
        buffer.append(payload(b"z", source="f", start=10_000)).result(WAIT)
    assert caught.value.resume_at == 0


def test_it_is_bounded_and_recovers_with_the_consumer(open_buffer, payload) -> None:
    buffer = open_buffer(max_bytes=20_000, segment_bytes=8192)
    stored = 0
    with pytest.raises(BufferFull, match=r"buffer\.max_bytes") as caught:
        for _ in range(100):
            buffer.append(payload(b"x" * 1000)).result(WAIT)
            stored += 1
    assert caught.value.retry_after >= 1
    assert 15 <= stored < 20
    assert buffer.stats().bytes <= 20_000
    assert buffer.stats().refused_payloads == 1
    buffer.release(buffer.take(0))
    buffer.append(payload(b"x" * 1000)).result(WAIT)


def test_what_waits_in_memory_is_bounded(open_buffer, payload, faulty) -> None:
    buffer = open_buffer(faulty, max_waiting_bytes=10_000)
    gate = Gate(faulty, "sync")
    futures = [buffer.append(payload(b"x" * 9000))]
    with pytest.raises(BufferFull, match=r"buffer\.max_waiting_bytes"):
        for _ in range(3):
            futures.append(buffer.append(payload(b"x" * 2000)))
    assert buffer.stats().waiting_bytes <= 10_000
    gate.opened.set()
    for future in futures:
        future.result(WAIT)
    buffer.append(payload(b"x" * 9000)).result(WAIT)


def test_a_payload_that_can_never_fit_is_too_large_not_full(open_buffer, payload) -> None:
    buffer = open_buffer(max_bytes=65536, segment_bytes=65536)
    with pytest.raises(PayloadTooLarge, match="65536") as caught:
        buffer.append(payload(b"x" * 70_000))
    assert "buffer.max_bytes" in caught.value.cure


def test_a_full_disk_refuses_until_a_probe_finds_room(open_buffer, payload, faulty, clock, drain) -> None:
    buffer = open_buffer(faulty, clock)
    buffer.append(payload(b"before")).result(WAIT)
    faulty.capacity = 100
    with pytest.raises(BufferFull, match="disk"):
        buffer.append(payload(b"x" * 5000)).result(WAIT)
    assert buffer.stats().disk_full
    with pytest.raises(BufferFull, match="full"):
        buffer.append(payload(b"small"))
    buffer.flush(WAIT)  # what was acknowledged can be read and released
    faulty.capacity = None
    buffer.release(buffer.take(0))  # a release probes at once, whatever the clock says
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_append_until_taken, buffer, payload(b"after")).result(WAIT).segment > 0
    assert not buffer.stats().disk_full
    assert [bytes(found.data) for found in drain(buffer)] == [b"after"]


def _append_until_taken(buffer: DiskBuffer, payload):
    """What a sender does that honours back-pressure."""
    while True:
        try:
            return buffer.append(payload).result(WAIT)
        except BufferFull:
            buffer.take(0.005)  # waits on the buffer's own condition; nothing is sealed meanwhile


def test_everything_that_waits_fails_with_a_full_disk(open_buffer, payload, faulty) -> None:
    buffer = open_buffer(faulty, probe_interval=0.001)
    buffer.append(payload()).result(WAIT)
    gate = Gate(faulty, "write")
    futures = [buffer.append(payload(b"first", source="f"))]
    assert gate.reached.wait(WAIT)
    futures += [buffer.append(payload(b"12345", source="f", start=5 + 5 * number)) for number in range(10)]
    futures.append(buffer.append(payload(b"12345", source="g")))
    faulty.fail["write"] = errno.ENOSPC
    faulty.fail["allocate"] = errno.ENOSPC
    gate.opened.set()
    for future in futures:
        assert isinstance(future.exception(WAIT), BufferFull)
    stats = buffer.stats()
    assert (stats.failed_payloads, stats.waiting, stats.waiting_bytes) == (12, 0, 0)
    assert buffer.durable_position("f") == 0
    faulty.fail.clear()  # with room again, nothing may jump over what failed, of either source
    for source in "fg":
        with pytest.raises(PositionConflict) as caught:
            _append_until_taken(buffer, payload(b"67890", source=source, start=55))
        assert caught.value.resume_at == 0


def test_positions_can_be_saved_on_a_full_disk(open_buffer, payload, faulty, tmp_path: Path) -> None:
    buffer = open_buffer(faulty)
    buffer.append(payload(source="f")).result(WAIT)
    buffer.flush(WAIT)
    assert (tmp_path / "buffer" / "reserve").exists()
    faulty.before = lambda name: _full_while_reserved(faulty, tmp_path / "buffer" / "reserve")
    buffer.release(buffer.take(0))
    assert buffer.stats().segments == 0
    buffer.close()
    assert open_buffer().durable_position("f") == 5


def _full_while_reserved(faulty, reserve: Path) -> None:
    faulty.fail["write"] = errno.ENOSPC if reserve.exists() else 0


def test_a_start_on_a_full_disk_serves_what_is_there(open_buffer, payload, faulty) -> None:
    first = open_buffer()
    first.append(payload(b"kept")).result(WAIT)
    first.close()
    faulty.fail["allocate"] = errno.ENOSPC
    second = open_buffer(faulty)
    with pytest.raises(BufferFull):
        second.append(payload())
    segment = second.take(0)
    assert datas(segment) == [b"kept"]
    second.release(segment)


def test_a_read_only_disk_is_an_error_at_the_start(open_buffer, faulty) -> None:
    faulty.fail["allocate"] = errno.EROFS
    with pytest.raises(TemporaryError, match="cannot be used"):
        open_buffer(faulty)
    faulty.fail.clear()
    open_buffer(faulty)  # the failed start left no lock behind


def test_trouble_while_probing_is_not_the_end(open_buffer, payload, faulty) -> None:
    buffer = open_buffer(faulty, probe_interval=0.001)
    faulty.fail["write"] = [errno.ENOSPC]
    faulty.fail["allocate"] = [errno.EIO, errno.ENOSPC]
    with pytest.raises(BufferFull):
        buffer.append(payload(b"x" * 100)).result(WAIT)
    assert _append_until_taken(buffer, payload(b"after")).segment > 0


def test_the_second_user_of_a_directory_is_told(open_buffer) -> None:
    first = open_buffer()
    with pytest.raises(ConfigError, match="in use by process"):
        open_buffer()
    first.close()
    open_buffer()


def test_close_commits_all_that_waits(open_buffer, payload, faulty) -> None:
    buffer = open_buffer(faulty)
    gate = Gate(faulty, "sync")
    futures = [buffer.append(payload(b"%d" % number)) for number in range(10)]
    closer = threading.Thread(target=buffer.close)
    closer.start()
    gate.opened.set()
    closer.join(WAIT)
    assert all(future.result(0).segment > 0 for future in futures)
    with pytest.raises(TemporaryError, match="closing"):
        buffer.append(payload())
    again = open_buffer()
    assert sorted(datas(again.take(0))) == sorted(b"%d" % number for number in range(10))


def test_close_waits_for_the_writer_to_drain(open_buffer, payload) -> None:
    buffer = open_buffer()
    buffer.append(payload()).result(WAIT)
    left = []
    closer = threading.Thread(target=lambda: left.append(buffer.close(WAIT)))
    closer.start()
    buffer.release(buffer.take(WAIT))
    closer.join(WAIT)
    assert left == [0]
    assert buffer.take(WAIT) is None


def test_close_leaves_what_was_not_released(open_buffer, payload) -> None:
    buffer = open_buffer()
    buffer.append(payload(b"kept")).result(WAIT)
    buffer.flush(WAIT)
    segment = buffer.take(0)
    assert buffer.close(0.0) == 1
    with pytest.raises(TemporaryError, match="handed out again"):
        buffer.release(segment)
    assert datas(open_buffer().take(0)) == [b"kept"]


def test_close_wakes_a_taker(open_buffer) -> None:
    buffer = open_buffer()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(buffer.take, WAIT)
        assert buffer.close() == 0
        assert waiting.result(WAIT) is None
    assert buffer.close() == 0


def test_a_defect_in_the_committer_fails_senders_instead_of_hanging_them(
    open_buffer, payload, monkeypatch, caplog
) -> None:
    buffer = open_buffer()
    buffer.append(payload(b"good")).result(WAIT)

    def defect(self, batch):
        raise RuntimeError("a defect")

    monkeypatch.setattr(Committer, "commit", defect)
    with pytest.raises(TemporaryError, match="a defect"):
        buffer.append(payload()).result(WAIT)
    with pytest.raises(TemporaryError, match="stopped"):
        buffer.append(payload())
    with pytest.raises(TemporaryError, match="stopped"):
        buffer.flush(WAIT)
    monkeypatch.undo()
    assert "committer stopped" in caplog.text
    buffer.close()
    assert datas(open_buffer().take(0)) == [b"good"]


def test_flush_says_when_it_takes_too_long(open_buffer, payload, faulty) -> None:
    buffer = open_buffer(faulty)
    gate = Gate(faulty, "sync")
    buffer.append(payload())
    with pytest.raises(TemporaryError, match="not flushed"):
        buffer.flush(0.001)
    gate.opened.set()
    buffer.flush(WAIT)


def test_stats_follow_a_payload(open_buffer, payload, clock) -> None:
    buffer = open_buffer(clock=clock)
    assert buffer.stats().oldest_age == 0.0
    received = clock.unix_ns()
    clock.seconds += 5
    buffer.append(payload(b"x" * 100, source="f", received_ns=received)).result(WAIT)
    stats = buffer.stats()
    assert (stats.segments, stats.oldest_age, stats.sources, stats.appended_payloads) == (1, 5.0, 1, 1)
    assert stats.bytes == 56 + stats.appended_bytes
    buffer.flush(WAIT)
    clock.seconds += 5
    assert (buffer.stats().segments, buffer.stats().oldest_age) == (1, 10.0)
    buffer.release(buffer.take(0))
    assert (buffer.stats().segments, buffer.stats().oldest_age) == (0, 0.0)


def test_numbers_start_above_what_the_store_holds(open_buffer, payload) -> None:
    buffer = open_buffer(above=4711)
    assert buffer.append(payload()).result(WAIT).segment == 4712
    buffer.close()
    again = open_buffer(above=10)
    assert again.append(payload()).result(WAIT).segment == 4713


def test_batch_ids_differ_where_sequences_repeat(open_buffer, payload, clock, tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        buffer = open_buffer(clock=clock)
        buffer.append(payload()).result(WAIT)
        buffer.flush(WAIT)
        segment = buffer.take(0)
        seen.append((segment.sequence, segment.batch_id))
        buffer.release(segment)
        buffer.close()
        (tmp_path / "buffer" / "sequence").unlink()
    assert seen[0][0] == seen[1][0]
    assert seen[0][1] != seen[1][1]


@pytest.mark.parametrize("form", [PayloadFormat.LINES, PayloadFormat.RECORDS])
def test_a_segment_is_full_of_records_as_of_bytes(open_buffer, form) -> None:
    """A few kilobytes may be a million rows in memory; 256 bytes a record are counted at least."""
    buffer = open_buffer(segment_bytes=65536)
    small = Payload("acme", form, b"a\n" * 250, 1)
    if form is PayloadFormat.RECORDS:
        small = Payload("acme", form, b"well compressed", 1, records=250)
    first = buffer.append(small).result(WAIT)
    second = buffer.append(small).result(WAIT)
    third = buffer.append(small).result(WAIT)
    assert (first.segment, third.segment) == (second.segment, second.segment + 1)
    segment = buffer.take(WAIT)
    assert len(segment.payloads()) == 2
