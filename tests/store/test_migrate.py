from __future__ import annotations

import pytest

from prologue.model.errors import EngineError
from prologue.store.migrate import available, migrate


def test_migrations_are_applied_once_in_order(engine):
    assert migrate(engine) == available()
    assert migrate(engine) == ()
    tables = engine.arrow("SELECT name FROM system.tables WHERE database = currentDatabase()")[
        "name"
    ].to_pylist()
    assert set(tables) == {"logs", "streams", "deletions", "migrations"}


def test_a_migration_that_was_interrupted_is_finished(engine):
    engine.command("CREATE TABLE streams (tenant LowCardinality(String)) ENGINE = Memory")
    engine.command("DROP TABLE streams")
    migrate(engine)
    engine.command("TRUNCATE TABLE migrations")
    assert migrate(engine) == available()


def test_a_newer_schema_is_refused_with_the_cure(engine):
    migrate(engine)
    engine.command("INSERT INTO migrations (number, name) SELECT 9999, '9999_future'")
    with pytest.raises(EngineError, match="schema version 9999") as caught:
        migrate(engine)
    assert "newer" in caught.value.cure
