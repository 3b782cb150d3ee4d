"""The engine, tried for real in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from prologue.cli.doctor.engine import check_engine
from tests.cli.doctor.conftest import MakePatient


def test_it_works_here(patient_of: MakePatient) -> None:
    finding = check_engine(patient_of())[0]
    assert finding.verdict == "ok", finding.detail
    assert "stored and read back 1000 rows" in finding.detail


DEATHS = {
    "an old processor": ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "lacks instructions"),
    "no memory": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "out of memory"),
    "an exception": ("raise RuntimeError('no disk')", "RuntimeError: no disk"),
    "silence": ("raise SystemExit(3)", "it ended with code 3"),
}


@pytest.mark.parametrize(("code", "said"), DEATHS.values(), ids=DEATHS)
def test_how_it_can_fail(
    patient_of: MakePatient, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    real = subprocess.run

    def run_instead(_: list[str], **options: object) -> object:
        return real([sys.executable, "-c", code], **options)  # type: ignore[call-overload]  # as it was called

    monkeypatch.setattr(subprocess, "run", run_instead)
    finding = check_engine(patient_of())[0]
    assert finding.verdict == "wrong"
    assert said in finding.detail
    assert finding.cure


def test_an_engine_that_hangs(patient_of: MakePatient, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 60)

    monkeypatch.setattr(subprocess, "run", hang)
    assert "no answer" in check_engine(patient_of())[0].detail
