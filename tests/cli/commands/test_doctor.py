"""`prologue doctor` as a process."""

from __future__ import annotations

import json
from pathlib import Path

from prologue.cli.doctor.catalog import CHECKS
from tests.cli.conftest import Run


def test_a_machine_that_is_well(run: Run, tmp_path: Path) -> None:
    done = run(
        "doctor",
        "--data-dir",
        str(tmp_path),
        "--listen",
        "127.0.0.1:0",
        # Another Prologue may have the default ports of this machine.
        PROLOGUE_GRPC__LISTEN="127.0.0.1:0",
        PROLOGUE_RECEIVE__OTLP_HTTP_LISTEN="127.0.0.1:0",
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("Prologue can run here.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_machine_that_is_not(run: Run) -> None:
    done = run("doctor", "--data-dir", "/proc/prologue", "--listen", "127.0.0.1:0")
    assert done.returncode == 1
    assert "mend it:" in done.stdout
    assert done.stdout.endswith("Something is wrong; see above.\n")


def test_as_json(run: Run, tmp_path: Path) -> None:
    done = run("doctor", "--json", "--data-dir", str(tmp_path), "--listen", "127.0.0.1:0")
    findings = json.loads(done.stdout)
    assert len(findings) >= len(CHECKS)  # a check may find several things
    assert {frozenset(finding) for finding in findings} == {frozenset({"check", "verdict", "detail", "cure"})}
    assert all(finding["cure"] for finding in findings if finding["verdict"] != "ok")
