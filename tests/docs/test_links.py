"""Every relative link and image in every page leads somewhere, and so does every anchor."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
# Pages that are in the repository or about to be, never what dependencies ship.
PAGES = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
)
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"""\]\(([^()\s]+)\)|(?:src|srcset|href)="([^"\s]+)\"""")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def targets(page: Path) -> list[str]:
    """What the page links to inside the repository; code is not text."""
    text = FENCE.sub("", page.read_text())
    found = [first or second for first, second in LINK.findall(text)]
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """The ids GitHub gives headings: lower case, punctuation dropped, blanks as hyphens."""
    headings = HEADING.findall(FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_are_pages_with_links():
    assert ROOT / "README.md" in PAGES
    assert sum(len(targets(page)) for page in PAGES) > 30


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for target in targets(page):
        path, _, anchor = unquote(target).partition("#")
        where = (page.parent / path) if path else page
        assert where.exists(), f"{page.relative_to(ROOT)} links to {target}, which is not there"
        assert where.resolve().is_relative_to(ROOT), f"{target} leads out of the repository"
        if anchor:
            assert anchor in anchors(where), f"{page.relative_to(ROOT)}: {target} names no heading"


def test_errors_send_to_pages_that_exist():
    named = {
        page
        for source in (ROOT / "src" / "prologue").rglob("*.py")
        for page in re.findall(r"\bdocs/[a-z/]+\.md", source.read_text())
    }
    assert named
    assert not {page for page in named if not (ROOT / page).exists()}


def test_the_guide_names_every_page():
    guide = ROOT / "docs" / "README.md"
    linked = {(guide.parent / target.partition("#")[0]).resolve() for target in targets(guide)}
    assert {page for page in PAGES if page.parent == guide.parent} - {guide} <= linked
