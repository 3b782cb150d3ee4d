"""The machine: clock, memory, limits."""

from __future__ import annotations

import platform
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from prologue.cli.doctor.system import (
    check_clock,
    check_descriptors,
    check_memory,
    check_python,
    check_watches,
)
from tests.cli.doctor.conftest import MakePatient

Proc = Callable[[dict[str, str]], Path]


def test_the_system(patient_of: MakePatient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert platform.python_version() in check_python(patient_of())[0].detail
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert check_python(patient_of())[0].verdict == "warning"


CLOCKS = {
    "right": (0.0, "ok"),
    "in 1970": (-1.79e9, "wrong"),
    "in 2150": (4e9, "wrong"),
    "an hour before the disk's": (-3600.0, "warning"),
}


@pytest.mark.parametrize(("offset", "verdict"), CLOCKS.values(), ids=CLOCKS)
def test_clock(patient_of: MakePatient, offset: float, verdict: str) -> None:
    finding = check_clock(patient_of(clock=lambda: time.time() + offset))[0]
    assert finding.verdict == verdict, finding.detail


def test_clock_where_the_data_folder_cannot_be_written(patient_of: MakePatient) -> None:
    assert check_clock(patient_of({"data_dir": "/proc/prologue"}))[0].verdict == "ok"


@pytest.mark.parametrize(("kib", "verdict"), [(8 * 1024**2, "ok"), (512 * 1024, "warning")])
def test_memory(patient_of: MakePatient, fake_proc: Proc, kib: int, verdict: str) -> None:
    proc = fake_proc({"meminfo": f"MemTotal:       16000000 kB\nMemAvailable:   {kib} kB\n"})
    assert check_memory(patient_of(proc=proc))[0].verdict == verdict


@pytest.mark.parametrize(
    ("limit", "verdict"), [(1024, "warning"), (65536, "ok"), (resource.RLIM_INFINITY, "ok")]
)
def test_open_files(
    patient_of: MakePatient, monkeypatch: pytest.MonkeyPatch, limit: int, verdict: str
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert check_descriptors(patient_of())[0].verdict == verdict


WATCHES = {
    "enough": ({"max_user_watches": "524288\n", "max_user_instances": "512\n"}, "ok"),
    "few": ({"max_user_watches": "100\n", "max_user_instances": "512\n"}, "warning"),
    "none": ({}, "warning"),
}


@pytest.mark.parametrize(("files", "verdict"), WATCHES.values(), ids=WATCHES)
def test_watches(patient_of: MakePatient, fake_proc: Proc, files: dict[str, str], verdict: str) -> None:
    proc = fake_proc({f"sys/fs/inotify/{name}": text for name, text in files.items()})
    assert check_watches(patient_of(proc=proc))[0].verdict == verdict


def test_this_machine_itself(patient_of: MakePatient) -> None:
    for check in (check_memory, check_descriptors, check_watches):
        assert check(patient_of())
