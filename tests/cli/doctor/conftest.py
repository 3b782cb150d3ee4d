"""A patient with a data folder of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prologue.cli.doctor.finding import Patient
from prologue.config.load import load

MakePatient = Callable[..., Patient]


@pytest.fixture
def patient_of(tmp_path: Path) -> MakePatient:
    """Makes a patient with settings by dotted key; keywords replace its clock or its /proc."""

    def make(settings: dict[str, str] | None = None, **parts: Any) -> Patient:
        chosen = {"data_dir": str(tmp_path / "data"), **(settings or {})}
        environ = {f"PROLOGUE_{key.upper().replace('.', '__')}": value for key, value in chosen.items()}
        return Patient(load(environ=environ).settings, **{"clock": time.time, **parts})

    return make


@pytest.fixture
def fake_proc(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Writes a /proc with the files given by path: failure injection for what the kernel says."""

    def write(files: dict[str, str]) -> Path:
        root = tmp_path / "proc"
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return root

    return write
