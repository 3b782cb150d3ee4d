"""One store of lines for the tables of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from prologue.query.run import QueryEngine
from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate
from prologue.store.reader import Reader
from tests.query.loading import SECOND, Record, load

DATABASE = "tabular"


def records() -> Iterator[Record]:
    for number in range(60):
        yield Record(
            at=number * SECOND,
            labels={"app": ("cart", "pay")[number % 2], "env": "prod"},
            line=f'level=info msg="request {number}" took={number % 7} status={200 + number % 3}',
            metadata={"detected_level": ("info", "error")[number % 5 == 0], "trace_id": f"{number:032x}"},
        )
    yield Record(
        at=100 * SECOND, labels={"app": "odd"}, line='a "quoted" \\ line\t\u2028 ☃', metadata={"a.b": "1"}
    )


@pytest.fixture(scope="package")
def tabular_reader(engine_path: Path, keep_engine: EmbeddedEngine) -> Iterator[Reader]:
    keep_engine.command(f"CREATE DATABASE {DATABASE}")
    engine = EmbeddedEngine(engine_path, database=DATABASE)
    migrate(engine)
    load(engine, records())
    reader = Reader(lambda: EmbeddedEngine(engine_path, database=DATABASE), size=2)
    yield reader
    reader.close()
    engine.close()
    keep_engine.command(f"DROP DATABASE {DATABASE} SYNC")


@pytest.fixture(scope="package")
def queries(tabular_reader: Reader) -> QueryEngine:
    return QueryEngine(tabular_reader)
