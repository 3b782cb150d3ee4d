"""Grafana's own command-line client for Loki, built from source once and kept outside the checkout.

`go install` refuses it, because its go.mod has replacements. So it is built from a module of our own
that takes those replacements over. Needs Go and a module proxy; building takes several minutes the first
time on a machine, and the tests that want it are skipped with the reason where it cannot be built.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

VERSION = "v3.7.8"
_MODULE = "github.com/grafana/loki/v3"
_LOCAL_REPLACEMENT = re.compile(r"^(replace )?\s*\S+ => \./.*$", re.MULTILINE)
_DOWNLOAD_SECONDS = 600
_BUILD_SECONDS = 1800


def logcli() -> Path:
    """The binary, built now where it is not there yet; skips the test where it cannot be."""
    path = Path.home() / ".cache" / "prologue-tests" / f"logcli-{VERSION}" / "logcli"
    if not path.exists():
        if shutil.which("go") is None:
            pytest.skip("logcli needs Go to be built, and there is none on this machine")
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            built = _build(Path(folder))
            built.rename(path)
    return path


def _build(folder: Path) -> Path:
    (folder / "go.mod").write_text("module download.invalid\n")
    found = json.loads(_go(folder, _DOWNLOAD_SECONDS, "mod", "download", "-json", f"{_MODULE}@{VERSION}"))
    source = Path(found["Dir"])
    declared = (source / "go.mod").read_text()
    own = re.sub(r"^module .*$", "module logcli.invalid", declared, count=1, flags=re.MULTILINE)
    (folder / "go.mod").write_text(_LOCAL_REPLACEMENT.sub("", own))
    (folder / "go.sum").write_bytes((source / "go.sum").read_bytes())
    _go(folder, _DOWNLOAD_SECONDS, "get", f"{_MODULE}@{VERSION}")
    _go(folder, _BUILD_SECONDS, "build", "-o", "logcli", f"{_MODULE}/cmd/logcli")
    return folder / "logcli"


def _go(folder: Path, seconds: float, *arguments: str) -> str:
    done = subprocess.run(
        ["go", *arguments],
        cwd=folder,
        env={**os.environ, "GOFLAGS": "-mod=mod", "GOWORK": "off"},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"logcli cannot be built here: go {arguments[0]}: {done.stderr.strip()[-300:]}")
    return done.stdout
