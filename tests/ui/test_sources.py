"""The UI's own checks: types and unit tests, where Node is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "ui"


def npm(*arguments: str) -> None:
    done = subprocess.run(
        ["npm", *arguments], cwd=UI, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, f"npm {' '.join(arguments)}:\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}"


@pytest.mark.skipif(
    shutil.which("npm") is None, reason="Node is not installed; the committed bundle is tested"
)
def test_types_and_units():
    if not (UI / "node_modules").exists():
        npm("ci", "--no-audit", "--no-fund")
    npm("run", "check")
    npm("test")
