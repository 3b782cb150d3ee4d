"""The glob language, against pathlib's on real folders, and what a walk tells besides."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from prologue.collect import copies, glob, plain
from prologue.collect.glob import Walker, compile_pattern

FILES = ["a.log", "b.txt", "x/a.log", "x/y/a.log", "x/y/z.log", "w1/q.log", "w2/q.log", "[odd]/a.log"]
PATTERNS = ["*.log", "**/*.log", "x/**/*.log", "?/a.log", "w[12]/q.log", "w[!1]/*", "x/y/z.log", "no/*.log"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize("pattern", PATTERNS)
def test_as_pathlib_does(root: Path, pattern: str) -> None:
    wanted = {str(path) for path in root.glob(pattern) if path.is_file()}
    assert {item.path for item in Walker(None).walk(str(root), "/" + pattern)} == wanted
    matching = {f"{root}/{name}" for name in FILES if compile_pattern("/" + pattern).fullmatch("/" + name)}
    assert matching == wanted


def test_inodes_are_those_of_the_files(root: Path) -> None:
    (root / "link.log").symlink_to("x/a.log")
    items = {item.path: item.inode for item in Walker(None).walk(str(root), "/*.log")}
    assert items[f"{root}/a.log"] == (root / "a.log").stat().st_ino
    assert items[f"{root}/link.log"] == (root / "x/a.log").stat().st_ino


def test_double_star_does_not_follow_links_in_circles(root: Path) -> None:
    (root / "x/back").symlink_to("..")
    assert len(list(Walker(None).walk(str(root), "/**/*.log"))) == 7


def test_folders_looked_into_are_told(root: Path) -> None:
    walker = Walker(compile_pattern(f"{root}/x/**"))
    list(walker.walk(str(root), "/**/*.log"))
    assert walker.folders == {str(root), f"{root}/w1", f"{root}/w2", f"{root}/[odd]"}


@pytest.mark.parametrize("module", [glob, plain, copies])
def test_examples_in_the_docstrings(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted
    assert not result.failed
