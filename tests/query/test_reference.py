"""Every query of the reference corpus runs on the engine: what parses also answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from prologue.model.errors import QueryError
from prologue.query.request import Request
from prologue.query.run import QueryEngine
from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate
from prologue.store.reader import Reader
from tests.query.loading import ORIGIN, SECOND, Record, load

CORPUS = [
    query.strip()
    for query in (Path(__file__).parent.parent / "logql" / "corpus.logql").read_text().split("\n---\n")
    if query.strip()
]
END = ORIGIN + 60 * SECOND


@pytest.fixture(scope="module")
def queries(engine_path: Path, keep_engine: EmbeddedEngine) -> Iterator[QueryEngine]:
    keep_engine.command("CREATE DATABASE reference")
    engine = EmbeddedEngine(engine_path, database="reference")
    migrate(engine)
    # One stream that most selectors of the corpus match, so that stages and windows meet lines.
    labels = {"a": "b", "app": "foo", "job": "mysql", "name": "mysql-backup", "region": "us-east1"}
    text = 'level=info duration=5ms size=20KB x=1 level=info msg="error {i}"'
    load(engine, [Record(i * SECOND, labels, text.replace("{i}", str(i))) for i in range(30)])
    load(engine, [Record(SECOND, {"wide": "yes"}, " ".join(f"k{n}=v{n}" for n in range(1500)))])
    reader = Reader(lambda: EmbeddedEngine(engine_path, database="reference"), size=1)
    yield QueryEngine(reader)
    reader.close()
    engine.close()
    keep_engine.command("DROP DATABASE reference SYNC")


@pytest.mark.parametrize("text", CORPUS)
def test_it_answers_over_a_range_and_at_an_instant(queries: QueryEngine, text: str) -> None:
    for request in (
        Request("default", ORIGIN, END, 10 * SECOND, now=END),
        Request("default", END, END, now=END),
    ):
        try:
            answer = queries.query(text, request)
        except QueryError as error:
            # The lines are no JSON: a metric query over `| json` must say so, and nothing else may fail.
            assert (error.code, "| json" in text) == ("pipeline_error", True)
            continue
        assert answer.result_type in ("streams", "matrix", "vector", "scalar")
        assert isinstance(answer.decoded(), list)


def test_one_line_of_very_many_pairs_does_not_fail_a_query(queries: QueryEngine) -> None:
    """The engine refuses a statement where one line has more than 1,000, unless it is told otherwise."""
    request = Request("default", ORIGIN, END, 10 * SECOND, now=END)
    answer = queries.query('{wide="yes"} | logfmt | k1400="v1400"', request)
    assert answer.entries == 1
