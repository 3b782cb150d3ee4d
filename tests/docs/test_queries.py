"""Every LogQL query that a page shows can be parsed, and selects by labels that streams have."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prologue.logql.log_nodes import LogQuery, Matcher
from prologue.logql.parser import parse_query
from prologue.model.labels import DETECTED_LEVEL
from tests.docs.blocks import blocks

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("README*.md"), *ROOT.glob("docs/*.md")])
# One whose point is that it is wrong.
WRONG = {'{service_name="cart"'}


def words(block: str) -> list[str]:
    """The shell's words, several lines and comments included."""
    return shlex.split(block.replace("\\\n", " "), comments=True)


def queries(page: Path) -> Iterator[str]:
    """What stands behind `prologue query` and `prologue tail`, and in the parameter `query` of curl."""
    for block in blocks(page):
        if block.info.split(" ")[0] != "sh" or "<<'EOF'" in block.text:
            continue
        found = words(block.text)
        for place, word in enumerate(found):
            if word in ("query", "tail") and found[place - 1].endswith("prologue") and place + 1 < len(found):
                yield found[place + 1]
            elif word.startswith("query="):
                yield word.removeprefix("query=")


SHOWN = [(page, query) for page in PAGES for query in queries(page) if query not in WRONG]


def selectors(node: Any) -> Iterator[tuple[Matcher, ...]]:
    """The selector of every log query anywhere in a syntax tree."""
    if isinstance(node, LogQuery):
        yield node.matchers
    elif isinstance(node, tuple):
        for part in node:
            yield from selectors(part)
    elif dataclasses.is_dataclass(node):
        for field in dataclasses.fields(node):
            yield from selectors(getattr(node, field.name))


def test_there_are_queries():
    assert len(SHOWN) > 15
    assert {page.name for page, _ in SHOWN} >= {"README.md", "README.zh-CN.md", "api.md", "cli.md"}


@pytest.mark.parametrize(("page", "query"), SHOWN, ids=[f"{page.name}: {query}" for page, query in SHOWN])
def test_query(page, query):
    found = list(selectors(parse_query(query)))
    assert found
    # Levels are found line by line: no stream carries one, so a selector by level matches nothing.
    assert DETECTED_LEVEL not in {matcher.name for matchers in found for matcher in matchers}
