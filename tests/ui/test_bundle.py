"""The bundle in the package: built from the sources beside it, small, and asking nobody else."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UI = ROOT / "ui"
STATIC = ROOT / "src" / "prologue" / "serve" / "static"


def _sources() -> list[Path]:
    """What the bundle is made of, in the order build.mjs hashes it."""
    listed = [UI / "build.mjs", UI / "package-lock.json", UI / "tsconfig.json"]
    listed += [path for path in (UI / "src").rglob("*") if path.is_file()]
    return sorted(listed, key=lambda path: path.relative_to(UI).as_posix())


def test_the_bundle_is_built_from_these_sources() -> None:
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.relative_to(UI).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    built = json.loads((UI / "bundle.json").read_text())
    assert built["sources"] == digest.hexdigest(), "ui/ changed after the last build: run `make ui`"


def test_the_bundle_is_the_one_that_was_built() -> None:
    built = json.loads((UI / "bundle.json").read_text())
    found = {
        path.relative_to(STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in STATIC.rglob("*")
        if path.is_file()
    }
    assert found == built["files"]


@pytest.mark.parametrize("name", ["index.html", "app.js", "boot.js", "app.css", "licenses.txt"])
def test_every_part_is_there(name: str) -> None:
    assert (STATIC / name).stat().st_size > 0


def test_it_is_small() -> None:
    assert (STATIC / "app.js").stat().st_size < 700_000
    assert sum(path.stat().st_size for path in STATIC.rglob("*") if path.is_file()) < 1_000_000


def test_the_page_holds_no_inline_script_and_loads_nothing_from_elsewhere() -> None:
    page = (STATIC / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"\son\w+=|style=", page) == []
    for attribute in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert not re.match(r"(?:https?:)?//", attribute), attribute
    assert re.findall(r"url\((?!\"?\./|data:)[^)]*\)", (STATIC / "app.css").read_text()) == []


def test_the_licences_of_what_is_bundled_are_told() -> None:
    told = (STATIC / "licenses.txt").read_text()
    shipped = json.loads((UI / "package.json").read_text())["dependencies"]
    assert [name for name, version in shipped.items() if f"{name} {version}\n" not in told] == []


def test_versions_are_exact() -> None:
    manifest = json.loads((UI / "package.json").read_text())
    for versions in (manifest["dependencies"], manifest["devDependencies"]):
        assert [v for v in versions.values() if not re.fullmatch(r"\d+\.\d+\.\d+", v)] == []
