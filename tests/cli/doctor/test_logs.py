"""The log files of a machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prologue.cli.doctor.logs import check_logs
from tests.cli.doctor.conftest import MakePatient


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root" / "var" / "log" / "nginx"
    folder.mkdir(parents=True)
    for name in ("access.log", "error.log"):
        (folder / name).write_text("x\n")
    return tmp_path / "root"


def test_all_readable(patient_of: MakePatient, root: Path) -> None:
    finding = check_logs(patient_of({"collect.root": str(root)}))[0]
    assert (finding.verdict, finding.detail) == ("ok", "2 found, all readable")


def test_one_that_is_not(patient_of: MakePatient, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shut = root / "var/log/nginx/error.log"
    real = os.access
    # Root may read everything: only an injected refusal is the same for every user of the suite.
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(shut) and real(path, mode))
    finding = check_logs(patient_of({"collect.root": str(root)}))[0]
    assert finding.verdict == "warning"
    assert str(shut) in finding.detail
    assert "usermod" in finding.cure


def test_none_at_all(patient_of: MakePatient, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    finding = check_logs(patient_of({"collect.root": str(tmp_path / "empty")}))[0]
    assert finding.verdict == "warning"
    assert "prologue demo" in finding.cure


def test_configured_files_count(patient_of: MakePatient, root: Path) -> None:
    (root / "srv").mkdir()
    (root / "srv" / "shop.txt").write_text("x\n")
    settings = {
        "collect.root": str(root),
        "collect.include": "/srv/*.txt",
        "collect.exclude": "**/access.log",
    }
    assert check_logs(patient_of(settings))[0].detail == "2 found, all readable"


def test_collection_that_is_off(patient_of: MakePatient) -> None:
    assert "off" in check_logs(patient_of({"collect.enabled": "false"}))[0].detail
