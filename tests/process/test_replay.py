"""A start with a backlog: replayed beside serving, told, and in bounded memory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prologue.buffer.disk import DiskBuffer
from prologue.buffer.settings import BufferSettings
from prologue.model.payload import Payload, PayloadFormat
from tests.support.server import ServerProcess, wait_until

NOW = 1_795_800_000_000_000_000
LINES = 10_000


def backlog(directory: Path, segments: int) -> None:
    """Segments that nobody took, of 2 MiB each."""
    with DiskBuffer(directory, BufferSettings(seal_after=3600, reserve_bytes=4096)) as buffer:
        for number in range(segments):
            data = b"".join(b"%06d-%06d %s\n" % (number, line, b"word " * 40) for line in range(LINES))
            buffer.append(Payload("default", PayloadFormat.LINES, data, NOW, {"app": "x"})).result(60)
            buffer.flush(60)


def replayed(folder: Path, segments: int) -> tuple[int, str]:
    """The peak of the resident memory in bytes of a server that replayed so many, and its log."""
    backlog(folder / "data/buffer", segments)
    server = ServerProcess(folder / "data", PROLOGUE_STORE__RETENTION_DAYS="0").start()
    try:
        wait_until(lambda: server.stored_lines() == segments * LINES, 300)
        wait_until(lambda: "replayed what" in server.log.read_text())
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{server.pid}/status").read_text())
        assert peak is not None
        return int(peak[1]) * 1024, server.log.read_text()
    finally:
        assert server.stop() == 0


def test_a_backlog_is_replayed_and_told(tmp_path):
    _, log = replayed(tmp_path, 3)
    assert "replaying what an earlier process left: " in log
    assert "replayed what an earlier process left: 3 batches, 6.2 MiB" in log


@pytest.mark.soak
def test_memory_does_not_grow_with_the_backlog(tmp_path):
    few, _ = replayed(tmp_path / "few", 20)
    many, _ = replayed(tmp_path / "many", 200)
    print(f"peak of 20 segments: {few >> 20} MiB, of 200: {many >> 20} MiB")
    assert many < few + (256 << 20)  # the backlog itself grew by 380 MiB, as rows by a multiple of it


def test_what_the_buffer_keeps_apart_is_on_the_status_page(tmp_path):
    backlog(tmp_path / "data/buffer", 1)
    with DiskBuffer(tmp_path / "data/buffer") as buffer:
        segment = buffer.take(0)
        assert segment is not None
        buffer.set_aside(segment, "no")
    server = ServerProcess(tmp_path / "data").start()
    try:
        [problem] = server.status()["problems"]
        assert "1 acknowledged batches cannot be stored" in problem
    finally:
        assert server.stop() == 0
