"""Settings that a reader is sent to exist: those that errors advise to change, and those that pages name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from prologue.config.schema import schema_of

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "prologue"
KNOWN = {key.path for key in schema_of().keys} | {path for path, _ in schema_of().sections}
SECTIONS = {path.partition(".")[0] for path in KNOWN if "." in path}
NAMED = re.compile(rf"(?<![\w./])((?:{'|'.join(sorted(SECTIONS))})\.[a-z][a-z_]*[a-z])(?![\w.(/=*])")
# Files and modules that look like settings.
FILE = re.compile(r"\.(py|md|log|json|pid|txt|tmp|d)$")
ADVICE = re.compile(r"\b(raise|lower|set|shorten) \w")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/receivers/*.md")])


def messages() -> Iterator[tuple[str, str]]:
    """Every literal text of the program that tells the reader to change something, and where it stands."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and ADVICE.search(node.value):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def unknown(text: str) -> set[str]:
    return {name for name in NAMED.findall(text) if name not in KNOWN and not FILE.search(name)}


def test_errors_name_settings_that_exist():
    named = {where: found for where, text in messages() if (found := unknown(text))}
    assert not named
    assert sum(bool(NAMED.search(text)) for _, text in messages()) > 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_name_settings_that_exist(page):
    quoted = " ".join(re.findall(r"`([^`\n]+)`", page.read_text()))
    assert not unknown(quoted)
