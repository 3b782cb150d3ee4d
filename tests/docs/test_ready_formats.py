"""docs/parsers/ready.md lists every format as the catalog has it."""

from __future__ import annotations

from pathlib import Path

from prologue.parse.ready.catalog import formats
from prologue.parse.ready.reference import table

PAGE = Path(__file__).parents[2] / "docs" / "parsers" / "ready.md"


def test_the_table_is_the_catalog():
    """`python -m prologue.parse.ready.reference` prints it."""
    page = PAGE.read_text()
    assert table() in page
    assert f"## The {len(formats())} formats" in page
