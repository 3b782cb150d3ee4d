"""Three tenants' lines in one store, each marked, so that a leak is seen whatever leaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prologue.query.request import Limits
from prologue.query.sqlapi.answers import SqlQuestion, SqlTables
from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate
from prologue.store.reader import Reader
from tests.query.loading import SECOND, Record, load

TENANTS = ("acme", "globex", "o'neill")
DATABASE = "sqlapi"
LINES = 40
Ask = Callable[..., list[dict[str, Any]]]


def secret(tenant: str) -> str:
    """In every line, label, attribute and level of the tenant's, and in nothing else."""
    return f"secret-of-{tenant.replace(chr(39), '')}"


def records() -> Iterator[Record]:
    for tenant in TENANTS:
        for number in range(LINES):
            yield Record(
                at=number * SECOND,
                labels={"app": secret(tenant), "service_name": ("cart", "pay")[number % 2]},
                line=f"line {number} {secret(tenant)} status={200 + number % 3}",
                metadata={"detected_level": "error" if number % 10 == 0 else "info", "k": secret(tenant)},
                tenant=tenant,
            )


@pytest.fixture(scope="package")
def sql_reader(engine_path: Path, keep_engine: EmbeddedEngine) -> Iterator[Reader]:
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
def sql(sql_reader: Reader) -> SqlTables:
    return SqlTables(sql_reader, Limits(timeout_seconds=2.0, memory_bytes=256 << 20, threads=1))


@pytest.fixture(scope="package")
def ask(sql: SqlTables) -> Ask:
    """Rows of a question of the first tenant's."""

    def rows(text: str, tenant: str = TENANTS[0], **rest: Any) -> list[dict[str, Any]]:
        return sql.arrow(SqlQuestion(text, tenant, **rest)).to_pylist()

    return rows
