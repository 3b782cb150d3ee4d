"""The index of words: it splits lines as we split needles, and lets the engine leave most lines unread."""

from __future__ import annotations

from collections import defaultdict

import pytest

from prologue.logql.lower.line_filters import inner_tokens
from prologue.query.compile import compile_query
from prologue.query.request import Request
from prologue.query.streams import Facts
from prologue.store.migrate import migrate
from tests.query.loading import ORIGIN, Record, load

LINES = 40_000
FACTS = Facts(frozenset({"app"}), frozenset({"app"}), 1, 1)


@pytest.fixture
def loaded(engine):
    migrate(engine)
    load(engine, (Record(number, {"app": "x"}, f"order n{number} Über done") for number in range(LINES)))
    engine.command("OPTIMIZE TABLE logs FINAL")
    return engine


def rows_read(engine, query: str) -> int:
    """Lines of the parts' ranges that are left when the indexes have had their say."""
    compiled = compile_query(query, Request("default", ORIGIN, ORIGIN + LINES, limit=10))
    statement = compiled.statement(defaultdict(lambda: FACTS), 1000)
    plan = engine.arrow(f"EXPLAIN ESTIMATE {statement.sql}", statement.parameters)
    return sum(row["rows"] for row in plan.to_pylist() if row["table"] == "logs")


@pytest.mark.parametrize(
    "query",
    ['{app="x"} |= " n31234 "', '{app="x"} |= " N31234 "', '{app="x"} |= "r n31234 Über d"'],
)
def test_a_word_leaves_most_lines_unread(loaded, query):
    assert 0 < rows_read(loaded, query) < LINES / 2


def test_a_word_of_no_line_and_part_of_a_word(loaded):
    assert rows_read(loaded, '{app="x"} |= " nowhere "') < LINES / 2
    assert rows_read(loaded, '{app="x"} |= "n31234"') == LINES


@pytest.mark.parametrize("text", ["a-b_c", "É über:Zoë", "日志 x=1,y", "tab\tnew\nline", "ünï!é"])
def test_the_engine_splits_as_we_do(engine, text):
    found = engine.arrow("SELECT tokens(lower({text:String})) AS t", {"text": f" {text} "})["t"][0].as_py()
    assert set(inner_tokens(f" {text} ")) == set(found)
