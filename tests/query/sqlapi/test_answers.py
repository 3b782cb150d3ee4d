"""SQL to tables: order, limits, both forms, and whose fault an error is."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyarrow as pa
import pytest

from prologue.model.errors import EngineError, LimitError, QueryError
from prologue.query.request import Limits
from prologue.query.sqlapi.answers import MAX_ROWS, SqlQuestion, SqlTables
from prologue.store.reader import Reader
from tests.query.sqlapi.conftest import TENANTS, Ask

OWN = TENANTS[0]


def test_order_is_the_user_s_over_many_blocks(sql: SqlTables):
    text = "SELECT cityHash64(number) AS h FROM numbers(200000) ORDER BY h DESC"
    found = sql.arrow(SqlQuestion(text, OWN))["h"].to_pylist()
    assert len(found) == 200_000
    assert found == sorted(found, reverse=True)
    rows = sql.json(SqlQuestion(text, OWN))
    body = json.loads(b"".join(rows.body(0.5)))
    assert [int(row[0]) for row in body["data"]["rows"]] == found
    assert body["stats"] == {"rows": 200_000, "seconds": 0.5}


@pytest.mark.parametrize(("limit", "count"), [(0, 0), (1, 1), (7, 7), (100, 9)])
def test_limit_cuts(ask: Ask, limit: int, count: int):
    assert len(ask("SELECT number AS n FROM numbers(9)", limit=limit)) == count


def test_too_many_rows_are_an_error_and_not_cut(sql: SqlTables):
    with pytest.raises(LimitError):
        sql.arrow(SqlQuestion(f"SELECT number AS n FROM numbers({MAX_ROWS + 100_000})", OWN))


def test_the_limits_are_the_server_s(sql_reader: Reader):
    small = SqlTables(sql_reader, Limits(timeout_seconds=30.0, memory_bytes=10 << 20))
    with pytest.raises(LimitError, match="memory"):
        small.arrow(SqlQuestion("SELECT groupArray(toString(number)) AS a FROM numbers(1000000)", OWN))


def test_json_and_arrow_agree(sql: SqlTables):
    text = "SELECT line, level, labels, severity_number FROM logs ORDER BY timestamp, line"
    table = sql.arrow(SqlQuestion(text, OWN)).to_pylist(maps_as_pydicts="strict")
    body = json.loads(b"".join(sql.json(SqlQuestion(text, OWN)).body(0)))
    names = [column["name"] for column in body["data"]["columns"]]
    assert [dict(zip(names, row, strict=True)) for row in body["data"]["rows"]] == table


class Failing:
    """A reader whose engine answers the check and then fails in its own way."""

    def __init__(self, reader: Reader, message: str) -> None:
        self._reader = reader
        self._message = message

    def arrow(self, sql: str, parameters: Mapping[str, object] = {}, settings: Mapping = {}) -> pa.Table:
        if sql.startswith("DESCRIBE"):
            raise EngineError(self._message)
        return self._reader.arrow(sql, parameters, settings)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("Code: 49. DB::Exception: Logical error: Bad cast. (LOGICAL_ERROR)", EngineError),
        ("Code: 43. DB::Exception: Illegal types. (ILLEGAL_TYPE_OF_ARGUMENT)", QueryError),
    ],
)
def test_whose_fault_it_is(sql_reader: Reader, message: str, error: type[Exception]):
    with pytest.raises(error):
        SqlTables(Failing(sql_reader, message)).arrow(SqlQuestion("SELECT 1 AS x", OWN))


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("String", "a'b\\c\n", "a'b\\c\n"),
        ("String", 5, "5"),
        ("Bool", True, True),
        ("Bool", False, False),
        ("Int64", -5, -5),
        ("UInt64", 2**64 - 1, 2**64 - 1),
        ("Float64", 1.5, 1.5),
        ("Float64", -1e300, -1e300),
        ("UInt8", "7", 7),
        ("UUID", "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"),
    ],
    ids=str,
)
def test_values_of_each_type(ask: Ask, kind: str, value: str | float | bool, shown: object):
    (row,) = ask(f"SELECT {{v:{kind}}} AS v", parameters={"v": value})
    assert row == {"v": shown}


def test_times_are_bound_too(ask: Ask):
    text = "SELECT {a:Date} < {b:DateTime64(9)} AS x, {c:DateTime} = {b:DateTime64(9)} AS y"
    values = {"a": "2026-01-01", "b": "2026-01-02 00:00:00", "c": "2026-01-02 00:00:00"}
    assert ask(text, parameters=values) == [{"x": 1, "y": 1}]


def test_a_value_of_the_wrong_kind_is_the_asker_s_mistake(sql: SqlTables):
    with pytest.raises(QueryError) as caught:
        sql.arrow(SqlQuestion("SELECT {v:UInt8} AS v", OWN, parameters={"v": "seven"}))
    assert caught.value.cure


def test_a_column_of_several_types_is_the_user_s_to_mend(ask: Ask):
    with pytest.raises(QueryError, match="several types") as caught:
        ask("SELECT line FROM logs UNION ALL SELECT tuple(*) FROM logs")
    assert "toString" in caught.value.cure
