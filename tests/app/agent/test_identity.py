"""An agent's name: made once, kept, and not shared by copied folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from prologue.app.agent.identity import load
from prologue.model.errors import ConfigError


def test_it_is_made_once(tmp_path: Path) -> None:
    first = load(tmp_path / "agent", "h1")
    assert load(tmp_path / "agent", "h1") == first
    assert len(first.agent) == 16


def test_a_folder_copied_to_another_machine_gets_a_new_name(tmp_path: Path) -> None:
    first = load(tmp_path, "h1")
    assert load(tmp_path, "h2").agent != first.agent


def test_a_damaged_one_is_replaced(tmp_path: Path) -> None:
    load(tmp_path, "h1")
    (tmp_path / "identity.json").write_text("{")
    assert load(tmp_path, "h1") == load(tmp_path, "h1")


def test_one_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be kept"):
        load(tmp_path / "file/agent", "h1")
