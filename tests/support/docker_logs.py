"""Docker's own log drivers, driven without a Docker daemon: a program of ours around their packages.

Its sources are in tests/senders/streams/docker_logs. Built once and kept outside the checkout; needs Go and a
module proxy, and the tests that want it are skipped with the reason where it cannot be built.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

VERSION = "27.5.1"
_SOURCES = Path(__file__).parents[1] / "senders" / "streams" / "docker_logs"
_BUILD_SECONDS = 900


def write(driver: str, count: int, **options: str) -> None:
    """Have `driver` log `count` lines, "order 0 placed" and on, with options as `--log-opt` takes them."""
    pairs = [f"{name.replace('_', '-')}={value}" for name, value in options.items()]
    done = subprocess.run(
        [str(_program()), driver, str(count), *pairs], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def _program() -> Path:
    sources = hashlib.sha256((_SOURCES / "main.go").read_bytes()).hexdigest()[:8]
    path = Path.home() / ".cache" / "prologue-tests" / f"docker-logs-{VERSION}-{sources}" / "docker-logs"
    if not path.exists():
        if shutil.which("go") is None:
            pytest.skip("Docker's log drivers need Go to be built, and there is none on this machine")
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        done = subprocess.run(
            ["go", "build", "-o", str(partial), "."],
            cwd=_SOURCES,
            env={**os.environ, "GOFLAGS": "-mod=readonly", "GOWORK": "off"},
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip(f"Docker's log drivers cannot be built here: {done.stderr.strip()[-300:]}")
        partial.rename(path)
    return path
