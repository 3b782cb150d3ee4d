"""The corpus of `attacks.py`, each statement proven refused, harmless or bounded."""

from __future__ import annotations

import pytest

from prologue.logql.lower.sql import Statement
from prologue.model.errors import LimitError, PrologueError, QueryError
from prologue.query.sqlapi.answers import SqlQuestion, SqlTables
from prologue.query.sqlapi.canonical import REFUSED
from tests.query.sqlapi.attacks import COSTLY, HARMLESS, refused
from tests.query.sqlapi.conftest import DATABASE, LINES, TENANTS, secret

OWN, *OTHERS = TENANTS
VALUES = {"t": "logs", "f": "hostName", "x": "1"}


def test_the_corpus_is_large():
    assert len({text for _, text in refused()}) >= 180


@pytest.mark.parametrize(("kind", "text"), refused(), ids=lambda value: value[:60])
def test_refused(sql: SqlTables, kind: str, text: str):
    with pytest.raises(QueryError) as caught:
        sql.statement(SqlQuestion(text, OWN, parameters=VALUES))
    assert caught.value.code in (REFUSED, "sql_syntax"), caught.value.message
    assert caught.value.cure


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless(sql: SqlTables, text: str):
    try:
        shown = repr(sql.arrow(SqlQuestion(text, OWN)).to_pylist())
    except QueryError as error:
        shown = error.message
    for other in OTHERS:
        assert secret(other) not in shown


def test_most_of_the_harmless_ones_answer(sql: SqlTables):
    answered = 0
    for text in HARMLESS:
        try:
            sql.arrow(SqlQuestion(text, OWN))
            answered += 1
        except QueryError:
            continue
    assert answered >= 35


@pytest.mark.parametrize("text", COSTLY)
def test_costly(sql: SqlTables, text: str):
    """Ends at a limit of time, memory, rows or the engine's own, and leaves the server able to answer."""
    with pytest.raises((LimitError, QueryError)):
        sql.arrow(SqlQuestion(text, OWN))
    assert sql.arrow(SqlQuestion("SELECT count() AS n FROM logs", OWN)).to_pylist() == [{"n": LINES}]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "SELECT 1" + ")" * 5000,
        "SELECT " + "(" * 3000 + "1" + ")" * 3000,
        "SELECT " + "NOT " * 5000 + "1",
        "SELECT " + "-" * 1001 + "1",
        "SELECT " + "1 + " * 10_000 + "1",
        "SELECT " + "f(" * 2000 + ")" * 2000,
        "SELECT * FROM " + "(SELECT * FROM " * 500 + "logs" + ")" * 500,
        "SELECT " + "[" * 2000 + "]" * 2000,
        "SELECT 1 AS x0" + "".join(f", x{n} + x{n} AS x{n + 1}" for n in range(40)),
        "SELECT '" + "a" * 70_000 + "'",
        "SELECT 1" + " UNION ALL SELECT 1" * 3000,
    ],
    ids=lambda text: text[:20],
)
def test_nesting_and_length(sql: SqlTables, text: str):
    try:
        sql.arrow(SqlQuestion(text, OWN))
    except (QueryError, LimitError) as error:
        assert error.message
    assert sql.arrow(SqlQuestion("SELECT count() AS n FROM logs", OWN)).to_pylist() == [{"n": LINES}]


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_engine_filters_what_nobody_checked(sql: SqlTables, tenant: str):
    """The wall behind the check: the stored tables themselves, asked for by their names."""
    stored = Statement(f"SELECT DISTINCT tenant FROM {DATABASE}.logs", {})
    assert sql.run(stored, tenant).to_pylist() == [{"tenant": tenant}]
    stored = Statement(f"SELECT DISTINCT tenant FROM {DATABASE}.streams", {})
    assert sql.run(stored, tenant).to_pylist() == [{"tenant": tenant}]
    assert sql.run(Statement(f"SELECT * FROM {DATABASE}.migrations", {}), tenant).num_rows == 0


def test_what_is_not_a_select_does_not_run_either(sql: SqlTables):
    for text in (f"DROP TABLE {DATABASE}.logs", f"CREATE TABLE {DATABASE}.x (a Int8) ENGINE = Memory"):
        with pytest.raises(PrologueError):
            sql.run(Statement(text, {}), OWN)
    assert sql.arrow(SqlQuestion("SELECT count() AS n FROM logs", OWN)).to_pylist() == [{"n": LINES}]
