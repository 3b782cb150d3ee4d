"""What the engine refuses is kept whole, out of the way, and comes back under the same batch id."""

from __future__ import annotations

import errno

import pytest

from prologue.buffer.setaside import MOST, SetAside
from prologue.model.errors import TemporaryError


@pytest.fixture
def aside(tmp_path, faulty):
    return SetAside(faulty, tmp_path / "buffer")


def append(buffer, payload, data=b"line\n", **more):
    buffer.append(payload(data, **more)).result(30)
    buffer.flush(30)
    return buffer.take(0)


def test_it_leaves_the_buffer_and_comes_back_the_same(open_buffer, payload, aside):
    buffer = open_buffer()
    segment = append(buffer, payload, b"poison\n", source="f")
    buffer.set_aside(segment, "the engine said no")
    assert (buffer.stats().segments, buffer.stats().bytes, buffer.stats().set_aside_segments) == (0, 0, 1)
    buffer.set_aside(segment, "again")  # idempotent, like `release`
    buffer.close()

    buffer = open_buffer()
    assert buffer.take(0) is None
    assert buffer.stats().set_aside_segments == 1
    assert buffer.durable_position("f") == 7  # acknowledged bytes are not asked for again
    buffer.close()

    assert [(kept.reason, kept.bytes) for kept in aside.kept()] == [("the engine said no", segment.bytes)]
    assert aside.put_back() == 1
    assert aside.kept() == []
    buffer = open_buffer()
    again = buffer.take(0)
    assert (again.sequence, again.batch_id) == (segment.sequence, segment.batch_id)
    assert [bytes(found.data) for found in again.payloads()] == [b"poison\n"]


def test_there_is_an_end_to_it(open_buffer, payload):
    """With so many it is not the batches: what comes must wait, and its senders must feel it."""
    buffer = open_buffer()
    for number in range(MOST):
        buffer.set_aside(append(buffer, payload), f"no {number}")
    segment = append(buffer, payload)
    with pytest.raises(TemporaryError, match="16 batches are set aside"):
        buffer.set_aside(segment, "no")
    assert buffer.stats().segments == 1


def test_a_full_disk_keeps_the_reason_out_not_the_segment(open_buffer, payload, faulty, aside):
    buffer = open_buffer(faulty)
    segment = append(buffer, payload)
    faulty.fail["write"] = errno.ENOSPC
    buffer.set_aside(segment, "no")
    del faulty.fail["write"]
    [kept] = aside.kept()
    assert kept.reason.startswith("unknown")


@pytest.mark.parametrize("failures", [{"rename": errno.EIO}, {"sync_directory": [0, errno.EIO]}])
def test_what_could_not_be_moved_is_still_held(open_buffer, payload, faulty, failures):
    buffer = open_buffer(faulty)
    segment = append(buffer, payload)
    faulty.fail |= failures
    with pytest.raises(TemporaryError):
        buffer.set_aside(segment, "no")
    faulty.fail.clear()
    assert buffer.stats().segments == 1
    assert len(segment.payloads()) == 1
    buffer.set_aside(segment, "no")
    assert (buffer.stats().segments, buffer.stats().set_aside_segments) == (0, 1)
