"""Whatever is written, a tenant sees its own lines and no other's: generated statements and damaged ones."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from prologue.model.errors import LimitError, QueryError
from prologue.query.sqlapi.answers import SqlQuestion, SqlTables
from tests.query.sqlapi.attacks import HARMLESS, refused
from tests.query.sqlapi.conftest import LINES, TENANTS, secret

NAMES = st.sampled_from(
    ["logs", "streams", "migrations", "deletions", "t", "sqlapi.logs", "`sqlapi`.streams", "system.tables"]
)
DEFINED = st.sampled_from(["logs", "streams", "migrations", "deletions", "t"])
COLUMNS = st.sampled_from(
    ["*", "line", "labels", "tenant", "toString(labels)", "groupArray(line)", "tuple(*)", "count()", "1 AS x"]
)
CONDITIONS = st.sampled_from(
    [
        "1",
        "1 OR 1 = 1",
        "tenant != 'acme'",
        "line LIKE '%globex%'",
        "line IN (SELECT line FROM logs)",
        "line IN (SELECT body FROM sqlapi.logs)",
        "stream IN (SELECT stream FROM streams)",
        "0 UNION ALL SELECT line FROM logs",
        "exists(SELECT 1 FROM deletions)",
    ]
)


def selects(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    source = st.one_of(NAMES, inner.map(lambda text: f"({text})"))
    plain = st.builds("SELECT {} FROM {} WHERE {}".format, COLUMNS, source, CONDITIONS)
    joined = st.builds(
        "SELECT {} FROM {} AS a JOIN {} AS b ON {}".format, COLUMNS, source, source, CONDITIONS
    )
    defined = st.builds("WITH {} AS ({}) {}".format, DEFINED, inner, plain)
    both = st.builds("{} UNION ALL {}".format, plain, plain)
    return st.one_of(plain, joined, defined, both)


STATEMENTS = st.recursive(st.builds("SELECT {} FROM {}".format, COLUMNS, NAMES), selects, max_leaves=5)
CORPUS = [*HARMLESS, *(text for _, text in refused())]
_MARKS = ["'", '"', "`", "(", ")", "--", "/*", "*/", ";", "\\", "{", "}", ",", "$$", "\n", "\u00a0"]
_WORDS = ["OR", "FROM", "logs", "sqlapi.", "UNION ALL", "SETTINGS", "AS", "WITH", "IN"]
PIECES = st.sampled_from([*_MARKS, *(f" {word} " for word in _WORDS)])


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A statement of the corpus with pieces put in, cut out, or another one's end put on."""
    text = draw(st.sampled_from(CORPUS))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        to = min(len(text), at + draw(st.integers(0, 6)))
        text = text[:at] + draw(PIECES) + text[to:]
    if draw(st.booleans()):
        other = draw(st.sampled_from(CORPUS))
        text += other[draw(st.integers(0, len(other))) :]
    return text


def assert_apart(sql: SqlTables, text: str) -> None:
    for tenant in TENANTS:
        try:
            shown = repr(sql.arrow(SqlQuestion(text, tenant, limit=200)).to_pylist())
        except (QueryError, LimitError) as error:
            shown = error.message
        for other in TENANTS:
            assert other == tenant or secret(other) not in shown, f"{tenant} sees {other}: {text}"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=STATEMENTS)
def test_generated_statements(sql: SqlTables, text: str):
    assert_apart(sql, text)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=damaged())
def test_damaged_statements(sql: SqlTables, text: str):
    assert_apart(sql, text)


@settings(max_examples=60, deadline=None)
@given(value=st.text(max_size=40))
def test_values_stay_values(sql: SqlTables, value: str):
    """A bound value comes back as it went in, whatever is in it."""
    if "\0" in value or any("\ud800" <= one <= "\udfff" for one in value):
        return
    found = sql.arrow(SqlQuestion("SELECT {v:String} AS v", TENANTS[0], parameters={"v": value}))
    assert found.to_pylist() == [{"v": value}]


@pytest.mark.parametrize("tenant", TENANTS)
def test_each_sees_all_of_its_own(sql: SqlTables, tenant: str):
    rows = sql.arrow(SqlQuestion("SELECT line, labels['app'] AS app FROM logs", tenant)).to_pylist()
    assert len(rows) == LINES
    assert {row["app"] for row in rows} == {secret(tenant)}


def test_a_tenant_nobody_heard_of_has_nothing(sql: SqlTables):
    assert sql.arrow(SqlQuestion("SELECT * FROM logs", "nobody")).num_rows == 0
