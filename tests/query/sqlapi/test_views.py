"""The views: bounded in time, and joined to streams only where it is asked for."""

from __future__ import annotations

import pytest

from prologue.query.sqlapi.answers import SqlQuestion, SqlTables
from tests.query.loading import ORIGIN, SECOND
from tests.query.sqlapi.conftest import LINES, TENANTS, Ask


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [(0, LINES, LINES), (10, 20, 10), (10, 11, 1), (10, 10, 0), (LINES, LINES + 1, 0), (-5, 1, 1)],
)
def test_the_start_counts_and_the_end_does_not(ask: Ask, first: int, last: int, count: int):
    rows = ask("SELECT line FROM logs", start=ORIGIN + first * SECOND, end=ORIGIN + last * SECOND)
    assert len(rows) == count


def test_streams_of_other_days_are_not_shown(ask: Ask):
    week = 7 * 86_400 * SECOND
    assert len(ask("SELECT * FROM streams")) == 2
    assert ask("SELECT * FROM streams", start=ORIGIN + week, end=ORIGIN + 2 * week) == []


@pytest.mark.parametrize(
    ("text", "joins"),
    [
        ("SELECT line FROM logs", False),
        ("SELECT count(*) FROM logs", False),
        ("SELECT stream, level FROM logs AS l WHERE l.trace_id != ''", False),
        ("SELECT * FROM logs", True),
        ("SELECT logs.* FROM logs", True),
        ("SELECT labels['app'] FROM logs", True),
        ("SELECT line FROM logs AS l WHERE l.service_name = 'x'", True),
        ("SELECT 1 FROM (SELECT labels FROM logs)", True),
        ("SELECT count(service_name) FROM logs", True),
        ("SELECT line FROM logs ORDER BY service_name", True),
        ("WITH x AS (SELECT labels FROM logs) SELECT 1 FROM x", True),
    ],
)
def test_join_where_needed(sql: SqlTables, text: str, joins: bool):
    statement = sql.statement(SqlQuestion(text, TENANTS[0]))
    assert ("ANY LEFT JOIN" in statement.sql) is joins


def test_columns_by_value(ask: Ask):
    (row,) = ask("SELECT * FROM logs WHERE line LIKE 'line 0 %'")
    assert list(row) == [
        *(
            "timestamp",
            "line",
            "level",
            "service_name",
            "labels",
            "structured_metadata",
            "trace_id",
            "span_id",
        ),
        *("severity_number", "severity_text", "observed_timestamp", "stream"),
    ]
    assert row["timestamp"].value == ORIGIN
    assert (row["level"], row["service_name"]) == ("error", "cart")
    assert dict(row["labels"])["service_name"] == "cart"
    assert "k" in dict(row["structured_metadata"])
