"""What is allowed answers, and says what SQL says; what is not is pointed at."""

from __future__ import annotations

import pytest

from prologue.model.errors import QueryError
from prologue.query.sqlapi.answers import SqlQuestion, SqlTables
from tests.query.sqlapi.conftest import LINES, TENANTS, Ask

ANSWERS: dict[str, list[dict[str, object]]] = {
    "SELECT count() AS n FROM logs": [{"n": LINES}],
    "SELECT count(*) AS n FROM logs WHERE level = 'error'": [{"n": 4}],
    "SELECT service_name AS s, count() AS n FROM logs GROUP BY s ORDER BY s": [
        {"s": "cart", "n": 20},
        {"s": "pay", "n": 20},
    ],
    "WITH e AS (SELECT * FROM logs WHERE level = 'error'), 2 AS k SELECT count() * k AS n FROM e": [{"n": 8}],
    "WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT y FROM b": [{"y": 2}],
    "SELECT line[1] AS x FROM (SELECT splitByChar(' ', line) AS line FROM logs) LIMIT 1": [{"x": "line"}],
    "SELECT uniqExact(stream) AS n FROM streams": [{"n": 2}],
    "SELECT count() AS n FROM logs AS l JOIN streams AS s ON l.stream = s.stream": [{"n": LINES}],
    "SELECT x FROM (SELECT 1 AS x UNION ALL SELECT 2) ORDER BY x": [{"x": 1}, {"x": 2}],
    "SELECT 1 AS x INTERSECT SELECT 1": [{"x": 1}],
    "SELECT arrayFilter(x -> x > 1, [1, 2, 3]) AS a": [{"a": [2, 3]}],
    "SELECT number AS x FROM numbers(2, 2)": [{"x": 2}, {"x": 3}],
    "SELECT a FROM values('a String', ('x'), ('y')) ORDER BY a DESC": [{"a": "y"}, {"a": "x"}],
    "SELECT level, line FROM (SELECT level, 'x' AS line FROM logs) ORDER BY level LIMIT 1 BY level": [
        {"level": "error", "line": "x"},
        {"level": "info", "line": "x"},
    ],
    "SELECT countIf(level = 'error') / count() AS share FROM logs": [{"share": 0.1}],
    "SELECT quantileExact(0.5)(toUInt32(extract(line, 'status=([0-9]+)'))) AS q FROM logs": [{"q": 201}],
    "SELECT max(r) AS n FROM (SELECT row_number() OVER (PARTITION BY level ORDER BY line) AS r FROM logs)": [
        {"n": 36}
    ],
    "SELECT 'a' IN ('a', 'b') AS x, 1 IN (SELECT 1) AS y, NOT 1 AS z": [{"x": 1, "y": 1, "z": 0}],
    "SELECT CASE WHEN 1 THEN 'a' ELSE 'b' END AS x, if(0, 1, 2) AS y, NULL IS NULL AS z": [
        {"x": "a", "y": 2, "z": 1}
    ],
    "SELECT CAST('5' AS UInt8) AS x, '6'::Int32 AS y, toFloat64('1.5') AS z": [{"x": 5, "y": 6, "z": 1.5}],
    "SELECT JSONExtract('{\"a\": 1}', 'a', 'Int64') AS x": [{"x": 1}],
    "SELECT k FROM (SELECT map('k', 'v') AS m) ARRAY JOIN mapKeys(m) AS k": [{"k": "k"}],
    "SELECT sum(number) AS s FROM numbers(4) GROUP BY ALL HAVING s > 1 ORDER BY s LIMIT 1 OFFSET 0": [
        {"s": 6}
    ],
}


@pytest.mark.parametrize("text", ANSWERS)
def test_answers(ask: Ask, text: str):
    assert ask(text) == ANSWERS[text]


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("SELECT 1,\n  hostName()", (2, 3), "the function 'hostName' is not available"),
        ("SELECT *\nFROM logs, secrets", (2, 12), "there is no table 'secrets' here"),
        ("SELECT * FROM sqlapi.logs", (1, 22), "there is no table 'sqlapi.logs' here"),
        ("SELECT * FROM remote('a')", (1, 15), "the table function 'remote' is not available"),
        ("SELECT 1 SETTINGS max_threads = 1", (1, 10), "SETTINGS is not available"),
        ("SELECT 1 IN (x) FROM (SELECT 1 AS x)", (1, 14), "IN x could mean a table or a column"),
        ("SELECT CAST(1, toString(1))", (1, 8), "a type that is computed"),
        ("SELECT * FROM numbers(1e12)", (1, 15), "numbers without a bound"),
        ("SELECT nosuch FROM logs", (1, 8), "Unknown expression identifier `nosuch`"),
        ("SELECT line, 1 AS line FROM logs", None, "line"),
        ("SELECT (SELECT 1)", None, "has no name"),
    ],
)
def test_refused_with_its_place(sql: SqlTables, text: str, place: tuple[int, int] | None, told: str):
    with pytest.raises(QueryError) as caught:
        sql.arrow(SqlQuestion(text, TENANTS[0]))
    assert told in caught.value.message
    found = caught.value.position
    assert (found and (found.line, found.column)) == place
    assert caught.value.cure
