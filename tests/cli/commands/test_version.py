"""`prologue version`."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from prologue.cli.main import main


def test_the_installed_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"prologue {version('prologue-logs')}\n"


def test_as_an_option_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"prologue {version('prologue-logs')}\n"
