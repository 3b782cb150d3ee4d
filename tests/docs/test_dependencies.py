"""docs/dependencies.md names every dependency with a reason, and none that is gone."""

from __future__ import annotations

import json
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "dependencies.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")


def names(requirements: list[str]) -> set[str]:
    """The names, without versions and markers."""
    found = {REQUIREMENT.match(requirement) for requirement in requirements}
    return {match.group() for match in found if match is not None}


def rows(heading: str) -> dict[str, list[str]]:
    """The table below a heading: every name of the first column to the rest of its row."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    table = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {name: cells[1:] for cells in table for name in re.findall(r"`([^`]+)`", cells[0])}


TABLES = {
    "What a server needs": names(PROJECT["project"]["dependencies"]),
    "What developing needs": names(PROJECT["dependency-groups"]["dev"]),
}


@pytest.mark.parametrize("heading", TABLES)
def test_page_and_project_name_the_same(heading):
    assert set(rows(heading)) == TABLES[heading]


def test_the_ui_s_dependencies_are_named():
    package = json.loads((ROOT / "ui" / "package.json").read_text())
    patterns = rows("What building the UI needs")
    for name in package["dependencies"]:
        assert any(fnmatch(name, pattern) for pattern in patterns), name


@pytest.mark.parametrize("heading", [*TABLES, "What building the UI needs"])
def test_each_has_a_reason_and_an_alternative(heading):
    for name, cells in rows(heading).items():
        why, instead = (cell.strip() for cell in cells)
        assert len(why) > 10, name
        assert instead, name
