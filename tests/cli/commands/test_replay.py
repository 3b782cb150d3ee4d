"""`prologue replay` as a process, on a buffer with batches that were set aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from prologue.buffer.disk import DiskBuffer
from prologue.model.payload import Payload, PayloadFormat
from tests.cli.conftest import Run


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    with DiskBuffer(tmp_path / "buffer") as buffer:
        buffer.append(Payload("t", PayloadFormat.LINES, b"x\n", 1)).result(30)
        buffer.flush(30)
        segment = buffer.take(0)
        assert segment is not None
        buffer.set_aside(segment, "Function throwIf says no")
    return tmp_path


def test_it_lists_and_puts_back(run: Run, refused: Path) -> None:
    listed = run("replay", "--list", "--data-dir", str(refused))
    assert listed.returncode == 0
    assert "Function throwIf says no" in listed.stdout
    done = run("replay", "--data-dir", str(refused))
    assert done.returncode == 0
    assert done.stdout.endswith("Put back: 1. The next `prologue up` stores them.\n")
    assert run("replay", "--data-dir", str(refused)).stdout == "Nothing is set aside.\n"
    with DiskBuffer(refused / "buffer") as buffer:
        assert buffer.take(0) is not None


def test_not_beside_a_running_server(run: Run, refused: Path) -> None:
    with DiskBuffer(refused / "buffer"):
        done = run("replay", "--data-dir", str(refused))
    assert done.returncode == 2
    assert "in use by process" in done.stderr
