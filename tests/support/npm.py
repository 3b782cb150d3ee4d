"""Packages of npm that tests send with, installed once into a cache outside the checkout."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_CACHE = Path.home() / ".cache" / "prologue-tests"


def package(name: str, version: str) -> Path:
    """The folder to run node in so that it finds the package; skips the test where it cannot be had."""
    if shutil.which("npm") is None:
        pytest.skip(f"{name} needs node and npm, and they are not on this machine")
    folder = _CACHE / f"{name.strip('@').replace('/', '-')}-{version}"
    if not folder.exists():
        partial = _CACHE / f"npm-{os.getpid()}"
        partial.mkdir(parents=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(partial), f"{name}@{version}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            shutil.rmtree(partial)
            pytest.skip(f"{name} cannot be installed here: {done.stderr.strip()[-300:]}")
        with contextlib.suppress(OSError):  # another process was first
            partial.rename(folder)
        shutil.rmtree(partial, ignore_errors=True)
    return folder
