"""Every type of the engine's in Arrow and in JSON, and what cannot be a column."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from prologue.logql.lower.sql import Statement
from prologue.model.errors import EngineError, QueryError
from prologue.query.run import QueryEngine
from prologue.query.tabular.result import arrow_table, describe, json_rows, quoted

UTC = dt.UTC
BIG = 2**63 + 1
# SQL: its Arrow type, its value in Arrow, its value in JSON.
TYPES: dict[str, tuple[pa.DataType, Any, Any]] = {
    "toUInt64(9223372036854775809)": (pa.uint64(), BIG, str(BIG)),
    "toInt8(-5)": (pa.int8(), -5, -5),
    "1.5": (pa.float64(), 1.5, 1.5),
    "inf": (pa.float64(), float("inf"), "inf"),
    "true": (pa.bool_(), True, True),
    "'ö\\n\"'": (pa.string(), 'ö\n"', 'ö\n"'),
    "unhex('61ff62')": (pa.string(), "a�b", "a�b"),
    "toNullable('x')": (pa.string(), "x", "x"),
    "CAST(NULL, 'Nullable(String)')": (pa.string(), None, None),
    "toLowCardinality('x')": (pa.string(), "x", "x"),
    "toFixedString('ab', 2)": (pa.string(), "ab", "ab"),
    "CAST('a', 'Enum8(\\'a\\' = 1)')": (pa.string(), "a", "a"),
    "toIPv4('1.2.3.4')": (pa.string(), "1.2.3.4", "1.2.3.4"),
    "toIPv6('::1')": (pa.string(), "::1", "::1"),
    "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')": (
        pa.string(),
        "61f0c404-5cb3-11e7-907b-a6006ad3dba0",
        "61f0c404-5cb3-11e7-907b-a6006ad3dba0",
    ),
    "toInt256(-7)": (pa.string(), "-7", "-7"),
    "toUInt128(7)": (pa.string(), "7", "7"),
    "toDate('2026-01-02')": (pa.date32(), dt.date(2026, 1, 2), "2026-01-02"),
    "toDateTime('2026-01-02 03:04:05', 'UTC')": (
        pa.timestamp("s", "UTC"),
        dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "2026-01-02T03:04:05Z",
    ),
    "toDateTime64('2026-01-02 03:04:05.123', 3, 'UTC')": (
        pa.timestamp("ms", "UTC"),
        dt.datetime(2026, 1, 2, 3, 4, 5, 123_000, tzinfo=UTC),
        "2026-01-02T03:04:05.123Z",
    ),
    "toDecimal64('1.50', 2)": (pa.decimal128(18, 2), Decimal("1.50"), 1.5),
    "[1, 2]::Array(UInt8)": (pa.list_(pa.uint8()), [1, 2], [1, 2]),
    "map('a', 'b')": (pa.map_(pa.string(), pa.string()), {"a": "b"}, {"a": "b"}),
}


def column(sql: str) -> Statement:
    return Statement(f"SELECT {sql} AS x", {})


@pytest.mark.parametrize("sql", TYPES)
def test_arrow(queries: QueryEngine, sql: str):
    kind, value, _ = TYPES[sql]
    table = arrow_table(column(sql), queries.run)
    found = table.schema.field("x").type
    if not (pa.types.is_map(kind) or pa.types.is_list(kind)):
        assert found == kind
    assert table.to_pylist(maps_as_pydicts="strict") == [{"x": value}]


@pytest.mark.parametrize("sql", TYPES)
def test_json(queries: QueryEngine, sql: str):
    body = b"".join(json_rows(column(sql), queries.run).body(0.25))
    answer = json.loads(body)
    assert answer["data"]["rows"] == [[TYPES[sql][2]]]
    assert [one["name"] for one in answer["data"]["columns"]] == ["x"]
    assert answer["stats"] == {"rows": 1, "seconds": 0.25}


@pytest.mark.parametrize("rows", [0, 1, 2, 65_536, 200_001])
def test_json_of_many_rows_is_whole(queries: QueryEngine, rows: int):
    statement = Statement(f"SELECT number, repeat('x', number % 7) AS s FROM numbers({rows})", {})
    found = json_rows(statement, queries.run)
    answer = json.loads(b"".join(found.body(0)))
    assert found.count == rows
    assert answer["data"]["rows"] == [[str(n), "x" * (n % 7)] for n in range(rows)]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT a.number AS x, b.number AS x FROM numbers(1) AS a, numbers(1) AS b", "x"),
        ("SELECT 1, 1", "two columns are called '1'"),
        ("SELECT sumState(1) AS s", "'s' is the state of an aggregation"),
        ("SELECT [sumState(1)] AS s", "'s' is the state of an aggregation"),
        ("SELECT (SELECT 1)", "has no name"),
    ],
)
def test_what_cannot_be_a_column(queries: QueryEngine, sql: str, told: str):
    with pytest.raises((QueryError, EngineError)) as caught:
        describe(Statement(sql, {}), queries.run)
    assert told in caught.value.message


@pytest.mark.parametrize("name", ["a", "a b", "a`b", "a\\b", "`", "\\", "a\\`b", "ö", "x.y"])
def test_any_name_comes_back(queries: QueryEngine, name: str):
    table = arrow_table(Statement(f"SELECT 'v' AS {quoted(name)}", {}), queries.run)
    assert table.to_pylist() == [{name: "v"}]
