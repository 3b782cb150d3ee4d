"""What the buffer keeps apart."""

from __future__ import annotations

from pathlib import Path

from prologue.buffer.disk import DiskBuffer
from prologue.cli.doctor.buffer import check_buffer
from prologue.model.payload import Payload, PayloadFormat
from tests.cli.doctor.conftest import MakePatient


def test_nothing(patient_of: MakePatient) -> None:
    assert [finding.verdict for finding in check_buffer(patient_of())] == ["ok"]


def test_a_refused_batch_and_a_damaged_piece(patient_of: MakePatient, tmp_path: Path) -> None:
    with DiskBuffer(tmp_path / "data/buffer") as buffer:
        buffer.append(Payload("t", PayloadFormat.LINES, b"x\n", 1)).result(30)
        buffer.flush(30)
        segment = buffer.take(0)
        assert segment is not None
        buffer.set_aside(segment, "the engine says no")
    (tmp_path / "data/buffer/quarantine").mkdir()
    (tmp_path / "data/buffer/quarantine/1.damaged").write_bytes(b"?")
    refused, damaged = check_buffer(patient_of())
    assert (refused.verdict, damaged.verdict) == ("wrong", "warning")
    assert "the engine says no" in refused.detail
    assert "prologue replay" in refused.cure
