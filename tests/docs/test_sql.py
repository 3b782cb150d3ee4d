"""docs/sql.md lists the views, their columns and types, and the functions, exactly as they are."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from prologue.client import connect
from prologue.query.sqlapi.functions import COMBINATORS, GROUPS, MAX_NUMBERS
from prologue.query.sqlapi.views import VIEWS
from tests.support.server import ServerProcess

TEXT = (Path(__file__).parents[2] / "docs" / "sql.md").read_text()
EXAMPLES = re.findall(r"^```sql\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def columns(view: str) -> list[tuple[str, str]]:
    """Names and types of a view's table on the page; one row may name several columns."""
    section = TEXT.split(f"### {view}\n", 1)[1].split("\n#", 1)[0]
    found = []
    for names, kind in re.findall(r"^\| (`.+?`) \| `(.+?)` \|", section, re.MULTILINE):
        found += [(name, kind) for name in re.findall(r"`(\w+)`", names)]
    return found


@pytest.mark.parametrize("view", VIEWS)
def test_columns_and_types(view: str, prologue_server: ServerProcess):
    question = {"language": "sql", "query": f"SELECT * FROM {view}", "limit": 0}
    answer = httpx.post(f"{prologue_server.url}/api/v1/query", json=question, timeout=30).json()
    told = [(column["name"], column["type"]) for column in answer["data"]["columns"]]
    assert columns(view) == told
    assert [name for name, _ in told] == [column.name for column in VIEWS[view]]


@pytest.mark.parametrize("title", GROUPS)
def test_functions(title: str):
    listed = TEXT.split(f"**{title}**: ", 1)[1].split("\n\n", 1)[0]
    assert set(re.findall(r"`(\w+)`", listed)) == GROUPS[title]


def test_combinators_and_bounds():
    sentence = TEXT.split("Aggregate functions also with ", 1)[1].split("behind", 1)[0]
    assert tuple(re.findall(r"`(\w+)`", sentence)) == COMBINATORS
    assert f"n up to {MAX_NUMBERS:,}" in TEXT


def test_there_are_examples():
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_run(example: str, prologue_server: ServerProcess):
    with connect(prologue_server.url) as client:
        assert client.sql(example).columns
