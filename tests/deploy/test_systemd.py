"""The units: systemd takes them, and they say of settings what we understand."""

from __future__ import annotations

import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from prologue.config.load import load

FOLDER = Path(__file__).parents[2] / "deploy/systemd"
UNITS = sorted(FOLDER.glob("*.service"))
INSTALLED = "/opt/prologue/bin/prologue"


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_it(unit: Path, tmp_path: Path) -> None:
    """`verify` wants the program to be there."""
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace(INSTALLED, str(Path(sys.executable).with_name("prologue"))))
    done = subprocess.run(
        ["systemd-analyze", "verify", copy], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_folder_it_may_write_is_the_one_it_writes(unit: Path) -> None:
    parsed = ConfigParser(strict=False, interpolation=None)
    parsed.read_string(unit.read_text())
    service = parsed["Service"]
    name, _, value = service["Environment"].partition("=")
    assert load(environ={name: value}).settings.data_dir == Path("/var/lib") / service["StateDirectory"]
    program, command, *_ = service["ExecStart"].split()
    done = subprocess.run(
        [sys.executable, "-m", "prologue", command, "--help"], capture_output=True, timeout=60, check=False
    )
    assert (program, done.returncode) == (INSTALLED, 0)
