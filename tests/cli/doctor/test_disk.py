"""The data folder."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from prologue.cli.doctor.disk import GIB, check_file_system, check_permissions, check_space, check_sync
from tests.cli.doctor.conftest import MakePatient


def test_a_folder_that_can_be_made(patient_of: MakePatient, tmp_path: Path) -> None:
    finding = check_permissions(patient_of())[0]
    assert (finding.verdict, finding.detail) == ("ok", f"{tmp_path / 'data'} can be made and writable")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_its_place(patient_of: MakePatient, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    finding = check_permissions(patient_of())[0]
    assert finding.verdict == "wrong"
    assert "is not a folder" in finding.detail


def test_a_folder_that_cannot_be_written(patient_of: MakePatient) -> None:
    # procfs takes no files, not even from root.
    finding = check_permissions(patient_of({"data_dir": "/proc/prologue"}))[0]
    assert finding.verdict == "wrong"
    assert "/proc cannot be written" in finding.detail
    assert "install -d" in finding.cure


SPACE = {
    "plenty": (100 * GIB, "ok"),
    "less than the buffer": (4 * GIB, "warning"),
    "nearly none": (GIB - 1, "wrong"),
}


@pytest.mark.parametrize(("free", "verdict"), SPACE.values(), ids=SPACE)
def test_space(patient_of: MakePatient, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str) -> None:
    total = 200 * GIB
    usage = shutil._ntuple_diskusage(total, total - free, free)  # type: ignore[attr-defined]  # its only maker
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert check_space(patient_of())[0].verdict == verdict


def test_sync_is_measured(patient_of: MakePatient, tmp_path: Path) -> None:
    finding = check_sync(patient_of())[0]
    assert finding.verdict in ("ok", "warning")
    assert "1 MiB is durable in" in finding.detail
    assert list(tmp_path.iterdir()) == []


def test_sync_that_fails(patient_of: MakePatient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    finding = check_sync(patient_of())[0]
    assert finding.verdict == "wrong"
    assert "Input/output error" in finding.detail


MOUNTS = {
    "a disk": ("/dev/sda1 / ext4 rw 0 0\n", "ok", "ext4"),
    "the longest mount point counts": ("/dev/sda1 / ext4 rw 0 0\nx {tmp} nfs4 rw 0 0\n", "warning", "nfs4"),
    "a volatile one": ("none {tmp} tmpfs rw 0 0\n", "warning", "tmpfs"),
    "a container's": ("overlay / overlay rw 0 0\n", "warning", "overlay"),
    "a neighbour with the same beginning": ("/dev/a / xfs rw 0 0\nx {tmp}x nfs4 rw 0 0\n", "ok", "xfs"),
}


@pytest.mark.parametrize(("mounts", "verdict", "kind"), MOUNTS.values(), ids=MOUNTS)
def test_file_systems(
    patient_of: MakePatient,
    fake_proc: Callable[[dict[str, str]], Path],
    tmp_path: Path,
    mounts: str,
    verdict: str,
    kind: str,
) -> None:
    proc = fake_proc({"mounts": mounts.format(tmp=tmp_path)})
    finding = check_file_system(patient_of(proc=proc))[0]
    assert finding.verdict == verdict
    assert kind in finding.detail
