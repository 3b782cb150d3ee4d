"""A disk that is really full: a small file system of its own, filled to the last block."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from prologue.buffer.disk import DiskBuffer
from prologue.buffer.settings import BufferSettings
from prologue.model.errors import BufferFull, PositionConflict
from prologue.model.payload import Payload, PayloadFormat, SourcePosition
from tests.support.disks import small_disk as mounted

WAIT = 30
SETTINGS = BufferSettings(segment_bytes=256 << 10, reserve_bytes=64 << 10, probe_interval=0.01)
CHUNK = 50_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", 2) as disk:
        yield disk


def fill(path: Path) -> None:
    """What another program does that writes until it cannot."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(fd, b"x" * 4096)
    except OSError as error:
        assert error.errno == errno.ENOSPC
    finally:
        os.close(fd)


def chunk(start: int) -> Payload:
    data = b"%010d" % start * (CHUNK // 10)
    return Payload("t", PayloadFormat.LINES, data, 1, position=SourcePosition("f", start, start + CHUNK))


def append_until_taken(buffer: DiskBuffer, start: int) -> None:
    while True:
        try:
            buffer.append(chunk(start)).result(WAIT)
            return
        except BufferFull:
            buffer.take(0.005)  # waits on the buffer; everything sealed was taken before


def test_a_full_disk_loses_nothing_and_mends_by_itself(small_disk: Path) -> None:
    directory = small_disk / "buffer"
    end = 0
    with DiskBuffer(directory, SETTINGS) as buffer:
        with pytest.raises(BufferFull, match="disk"):
            while end < 8 << 20:
                buffer.append(chunk(end)).result(WAIT)
                end += CHUNK
        assert buffer.durable_position("f") == end > 1 << 20
        assert buffer.stats().disk_full
        fill(small_disk / "filler")
        with pytest.raises((BufferFull, PositionConflict)):
            buffer.append(chunk(end + CHUNK)).result(WAIT)

        # Reading and releasing go on, though saving the positions needs a block that is not there.
        buffer.flush(WAIT)
        taken = []
        while (segment := buffer.take(0)) is not None:
            taken.append(segment)
        starts = [payload.position.start for segment in taken for payload in segment.payloads()]
        assert starts == list(range(0, end, CHUNK))
        buffer.release(taken[0])
        assert len(list(directory.glob("*.segment"))) == len(taken) - 1

        (small_disk / "filler").unlink()
        append_until_taken(buffer, end)
        assert not buffer.stats().disk_full
        kept = [payload.position.start for segment in taken[1:] for payload in segment.payloads()]

    with DiskBuffer(directory, SETTINGS) as again:
        assert again.durable_position("f") == end + CHUNK
        found = []
        while (segment := again.take(0)) is not None:
            found += [payload.position.start for payload in segment.payloads()]
        assert found == [*kept, end]


def test_a_start_on_a_full_disk(small_disk: Path) -> None:
    directory = small_disk / "buffer"
    with DiskBuffer(directory, SETTINGS) as buffer:
        buffer.append(chunk(0)).result(WAIT)
    (directory / "reserve").unlink()
    fill(small_disk / "filler")
    with DiskBuffer(directory, SETTINGS) as buffer:
        with pytest.raises(BufferFull):
            buffer.append(chunk(CHUNK))
        assert [payload.data for payload in buffer.take(0).payloads()] == [chunk(0).data]
        (small_disk / "filler").unlink()
        append_until_taken(buffer, CHUNK)
        assert buffer.durable_position("f") == 2 * CHUNK
