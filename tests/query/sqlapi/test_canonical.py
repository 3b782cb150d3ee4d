"""What the engine makes of a text, and where an error is."""

from __future__ import annotations

import pytest

from prologue.model.errors import QueryError
from prologue.query.sqlapi.answers import SqlQuestion, SqlTables
from prologue.query.sqlapi.canonical import MAX_CHARACTERS, canonical, locate
from prologue.store.reader import Reader
from tests.query.sqlapi.conftest import TENANTS


def printed(reader: Reader, text: str, **values: str | int) -> tuple[str, dict[str, object]]:
    found = canonical(text, values, lambda one: reader.arrow(one.sql, one.parameters))
    return found.sql, dict(found.parameters)


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("select 1 -- a comment", "SELECT 1"),
        ("select/**/1;", "SELECT 1"),
        ("select $$it's$$", "SELECT 'it\\'s'"),
        ('select "a b" from logs', "SELECT `a b` FROM logs"),
        ("select 1 as `from`", "SELECT 1 AS from"),
    ],
)
def test_printed(sql_reader: Reader, text: str, sql: str):
    assert printed(sql_reader, text)[0].replace("`from`", "from") == sql


def test_parameters_get_names_of_their_own(sql_reader: Reader):
    sql, values = printed(sql_reader, "select {a:String}, '{a:String}', {n : UInt8}", a="x", n=3)
    assert sql.startswith("SELECT {u_a:String}, '{a:String}', {u_n:UInt8}")
    assert values == {"u_a": "x", "u_n": 3}


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("", None, "empty"),
        ("  \n", None, "empty"),
        ("SELECT 'a\0b'", (1, 10), "zero byte"),
        ("SELECT 1;\nSELECT 2", (1, 9), "more than one statement"),
        ("SELECT\n  'ö',\n  1 +", (3, 6), "not SQL"),
        ("SELECT {x:String}", (1, 9), "'x' has no value"),
        ("SELECT\n{t:Identifier}", (2, 2), "cannot be of type Identifier"),
        ("x" * (MAX_CHARACTERS + 1), None, "longer than"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_refused_with_its_place(sql_reader: Reader, text: str, place: tuple[int, int] | None, told: str):
    with pytest.raises(QueryError, match=told) as caught:
        printed(sql_reader, text)
    found = caught.value.position
    assert (found and (found.line, found.column)) == place
    assert caught.value.cure


@pytest.mark.parametrize(
    ("text", "word", "offset"),
    [
        ("SELECT 'file', file('x')", "file", 15),
        ("SELECT /* file */ file('x')", "file", 18),
        ("SELECT 1 -- file\n, FILE('x')", "file", 19),
        ("SELECT $$file$$, file(1)", "file", 17),
        ("SELECT files, file(1)", "file", 14),
        ("SELECT 1", "file", None),
    ],
)
def test_locate(text: str, word: str, offset: int | None):
    found = locate(text, word)
    assert (found.offset if found else None) == offset


def test_what_ran_is_what_was_checked(sql: SqlTables):
    """The user's own text is nowhere in the statement: only what the engine printed."""
    statement = sql.statement(SqlQuestion("select/*x*/line from logs -- y", TENANTS[0]))
    assert statement.sql.endswith("SELECT * FROM (SELECT line FROM logs)")
    assert "/*x*/" not in statement.sql
