from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson
import pytest

from prologue.model.errors import LimitError, QueryError
from prologue.query.request import Derived, Direction, Limits, Request
from prologue.query.run import QueryEngine
from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate
from prologue.store.reader import Reader
from tests.query.loading import ORIGIN, SECOND, Record, load

APP = {"app": "a"}
PLAIN = Derived(detected_level=False)


@pytest.fixture
def reader(engine: EmbeddedEngine, open_engine: Callable[[], EmbeddedEngine]) -> Iterator[Reader]:
    migrate(engine)
    reader = Reader(open_engine, size=1)
    yield reader
    reader.close()


def asked(start: int = 0, end: int = 100, **more: object) -> Request:
    return Request("default", ORIGIN + start * SECOND, ORIGIN + end * SECOND, derived=PLAIN, **more)  # type: ignore[arg-type]


def lines(answer: object) -> list[str]:
    return [value[1] for stream in answer for value in stream["values"]]  # type: ignore[attr-defined]


def test_too_many_series_are_refused_by_name(engine: EmbeddedEngine, reader: Reader) -> None:
    load(engine, [Record(0, {"app": "a", "pod": f"p{i}"}, "x") for i in range(5)])
    queries = QueryEngine(reader, Limits(max_series=4))
    for request in (asked(10, 10), asked(0, 10, step=SECOND)):
        with pytest.raises(LimitError, match="more than 4 series") as caught:
            queries.query('count_over_time({app="a"}[1m])', request)
        assert "query.max_series" in caught.value.cure
    assert len(queries.query('sum(count_over_time({app="a"}[1m]))', asked(10, 10)).decoded()) == 1


def test_too_many_lines_and_points_are_refused(reader: Reader) -> None:
    queries = QueryEngine(reader, Limits(max_entries=10))
    with pytest.raises(LimitError, match="maximum of 10"):
        queries.query('{app="a"}', asked(limit=11))
    with pytest.raises(QueryError, match="11000") as caught:
        queries.query('rate({app="a"}[1m])', asked(0, 11_000, step=SECOND))
    assert "step of at least 2s" in caught.value.cure


def test_times_must_make_sense(reader: Reader) -> None:
    with pytest.raises(QueryError, match="before the start"):
        QueryEngine(reader).query('{app="a"}', asked(10, 5))


def test_a_tail_follows_batches(engine: EmbeddedEngine, reader: Reader) -> None:
    load(engine, [Record(i * SECOND, APP, f"line {i}", batch=i) for i in range(1, 6)])
    queries = QueryEngine(reader)
    request = asked(direction=Direction.FORWARD, after_batch=2, up_to_batch=4)
    assert lines(queries.query('{app="a"}', request).decoded()) == ["line 3", "line 4"]


def test_answers_count_and_bound_their_lines(engine: EmbeddedEngine, reader: Reader) -> None:
    load(engine, [Record(i * SECOND, APP, f"line {i}") for i in range(4)])
    answer = QueryEngine(reader).query('{app="a"}', asked(limit=3))
    assert (answer.result_type, answer.entries) == ("streams", 3)
    assert (answer.oldest_ns - ORIGIN, answer.newest_ns - ORIGIN) == (SECOND, 3 * SECOND)


def test_a_limit_of_nothing_asks_nothing(reader: Reader) -> None:
    assert QueryEngine(reader).query('{app="a"}', asked(limit=0)).result == []


def test_bytes_that_are_no_text_still_make_json(engine: EmbeddedEngine, reader: Reader) -> None:
    load(engine, [Record(0, APP, "x")])
    engine.command("INSERT INTO logs SELECT * REPLACE (unhex('61ff62') AS body) FROM logs")
    answer = QueryEngine(reader).query('{app="a"}', asked())
    assert sorted(lines(orjson.loads(answer.json()))) == ["a\ufffdb", "x"]


VALUES = {
    "0": "0",
    "1e20": "100000000000000000000",
    "1.5e21": "1500000000000000000000",
    "-1.25e-7": "-0.000000125",
    "0.1": "0.1",
    "123456789.125": "123456789.125",
}


@pytest.mark.parametrize(("value", "text"), VALUES.items())
def test_values_are_written_as_go_writes_them(reader: Reader, value: str, text: str) -> None:
    answer = QueryEngine(reader).query(f"vector({value})", asked(10, 10)).decoded()
    assert answer[0]["value"][1] == text
    scalar = QueryEngine(reader).query(value, asked(10, 10)).decoded()
    assert scalar[1] == text


@pytest.mark.parametrize(("query", "text"), [("1 / 0", "+Inf"), ("-1 / 0", "-Inf"), ("0 / 0", "NaN")])
def test_what_is_no_number_has_its_name(reader: Reader, query: str, text: str) -> None:
    assert QueryEngine(reader).query(query, asked(10, 10)).decoded()[1] == text
    left, _, right = query.partition(" / ")
    answer = QueryEngine(reader).query(f"vector({left}) / {right}", asked(10, 10)).decoded()
    assert answer[0]["value"][1] == text


def test_times_are_seconds_with_the_decimals_they_need(reader: Reader) -> None:
    request = Request("default", ORIGIN + 250_000_000, ORIGIN + 1_250_000_000, 500_000_000)
    points = QueryEngine(reader).query("vector(1)", request).decoded()[0]["values"]
    assert [at for at, _ in points] == [1699999980.25, 1699999980.75, 1699999981.25]


def test_explain_shows_plan_and_statement(engine: EmbeddedEngine, reader: Reader) -> None:
    load(engine, [Record(0, APP, "x")])
    told = QueryEngine(reader).explain('{app="it\'s"} |= "x"', asked())
    assert "LineFilter" in told["plan"]
    assert "it's" not in told["sql"]
    assert "it's" in told["parameters"].values()


def test_a_long_pipeline_is_refused_and_a_rich_one_runs(engine: EmbeddedEngine, reader: Reader) -> None:
    load(engine, [Record(0, APP, "a=1 b=2")])
    queries = QueryEngine(reader)
    with pytest.raises(LimitError, match="100"):
        queries.query('{app="a"}' + " | logfmt" * 101, asked())
    stages = ' | logfmt | drop z="1" | label_format c=a | keep a, b, c=~"1|2" | n != 5 or a=""' * 5
    assert queries.query('{app="a"}' + stages, asked()).entries == 1
