from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prologue.model.errors import EngineError, LimitError
from prologue.store.engine import Source, Usage
from prologue.store.reader import Reader


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_a_bound_value_is_never_sql(engine, text):
    table = engine.arrow("SELECT {v:String} AS v, {w:Array(String)} AS w", {"v": text, "w": [text, "'"]})
    assert table.to_pylist() == [{"v": text, "w": [text, "'"]}]


def test_rows_from_memory_are_computed_on_the_way(engine):
    engine.command("CREATE TABLE t (a String, n UInt64) ENGINE = Memory")
    source = Source("LineAsString", "line String", (b"one\n", b"two\n"))
    engine.insert_select(
        "t", "SELECT concat(line, {x:String}), length(line) FROM {source}", source, {"x": "!"}
    )
    assert engine.arrow("SELECT * FROM t ORDER BY a").to_pylist() == [
        {"a": "one!", "n": 3},
        {"a": "two!", "n": 3},
    ]


def test_rows_of_a_batch_are_not_those_of_a_larger_one_before_it(engine):
    """The file that rows enter through is kept, and holds one batch at a time."""
    engine.command("CREATE TABLE t (n UInt64, line String) ENGINE = Memory")
    for number, lines in enumerate((b"a long line\n" * 1000, b"short\n", b"", b"longer again\n" * 50)):
        source = Source("LineAsString", "line String", (lines, b"end\n"))
        engine.insert_select("t", f"SELECT {number}, line FROM {{source}}", source)
        if number == 1:
            engine.rest()
    found = engine.arrow("SELECT n, count() AS lines, uniqExact(line) AS kinds FROM t GROUP BY n ORDER BY n")
    assert [tuple(row.values()) for row in found.to_pylist()] == [
        (0, 1001, 2),
        (1, 2, 2),
        (2, 1, 1),
        (3, 51, 2),
    ]


def test_limits_are_told_apart_from_defects(engine):
    with pytest.raises(LimitError, match="time limit"):
        engine.arrow("SELECT sleepEachRow(1) FROM numbers(3)", settings={"max_execution_time": 1})
    with pytest.raises(LimitError, match="memory limit"):
        engine.arrow(
            "SELECT groupArray(number) FROM numbers(10000000)", settings={"max_memory_usage": 1_000_000}
        )
    with pytest.raises(EngineError, match="UNKNOWN_IDENTIFIER"):
        engine.arrow("SELECT nonsense")


def test_reads_run_side_by_side_and_a_full_pool_says_so(open_engine):
    reader = Reader(open_engine, size=1, patience=0.05)
    running = threading.Thread(target=reader.arrow, args=("SELECT sleep(0.5)",))
    running.start()
    while reader._idle.qsize():  # the thread has not taken the connection yet
        pass
    with pytest.raises(LimitError, match="1 queries are running"):
        reader.arrow("SELECT 1")
    running.join()
    assert reader.arrow("SELECT 1 AS n").to_pylist() == [{"n": 1}]
    reader.close()


SECRETS = "SELECT 'secret' AS s, throwIf(number = 4999999) AS n FROM numbers(5000000)"


@pytest.mark.parametrize(
    "fail",
    [
        pytest.param(lambda engine: engine.arrow(SECRETS), id="rows written before the failure"),
        pytest.param(lambda engine: engine.command(SECRETS), id="a command's rows"),
        pytest.param(
            lambda engine: engine.arrow(SECRETS, settings={"max_memory_usage": 1_000_000}), id="memory"
        ),
        pytest.param(
            lambda engine: engine.arrow("SELECT sleepEachRow(1)", settings={"max_execution_time": 0.1}),
            id="time",
        ),
        pytest.param(lambda engine: engine.arrow("SELECT nonsense"), id="no rows"),
    ],
)
def test_a_failed_query_leaves_nothing_in_the_next_answer(engine, fail):
    with pytest.raises((EngineError, LimitError)):
        fail(engine)
    assert engine.arrow("SELECT 'mine' AS s, 1 AS n").to_pylist() == [{"s": "mine", "n": 1}]


def test_usage_counts_what_was_read_from_tables(engine):
    engine.command("CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
    engine.command("INSERT INTO t SELECT number FROM numbers(1000)")
    engine.arrow("SELECT sum(n) FROM t")
    assert engine.usage == Usage(rows=1000, bytes=8000)
    with pytest.raises(EngineError):
        engine.arrow("SELECT nonsense")
    assert engine.usage == Usage(), "a query that read nothing does not repeat its predecessor's"
