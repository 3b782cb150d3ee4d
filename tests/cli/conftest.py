"""Fixtures of the command line's tests: the command as a process, and servers to ask."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.client.scripted import Scripted, scripted_server

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A scripted server of this test's own."""
    with scripted_server() as script:
        yield script


def clean_environment(**variables: str) -> dict[str, str]:
    """This process's environment without settings of Prologue, in UTC, plus `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PROLOGUE_")}
    return {**kept, "TZ": "UTC", "COLUMNS": "200", **variables}


@pytest.fixture
def run() -> Run:
    """Runs `prologue ARGUMENTS` as a process of its own; keywords are environment variables."""

    def run_it(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "prologue", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=clean_environment(**variables),
        )

    return run_it
