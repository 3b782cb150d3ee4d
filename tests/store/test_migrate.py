from __future__ import annotations

import pytest

from prologue.model.errors import EngineError
from prologue.store import migrate as module
from prologue.store.migrate import available, migrate
from tests.support.server import wait_until


def test_migrations_are_applied_once_in_order(engine):
    assert migrate(engine) == available()
    assert migrate(engine) == ()
    tables = engine.arrow("SELECT name FROM system.tables WHERE database = currentDatabase()")[
        "name"
    ].to_pylist()
    assert set(tables) == {"logs", "streams", "deletions", "migrations", "reruns"}


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


def test_an_insert_compresses_fast_and_a_merge_well(engine):
    migrate(engine)
    for batch in range(2):
        engine.command(
            "INSERT INTO logs (tenant, timestamp, stream, batch, body) "
            "SELECT 'default', toDateTime64('2026-11-23 10:00:00', 9), 1, {batch:UInt64}, "
            "concat('line ', toString(number)) FROM numbers(5000)",
            {"batch": batch},
        )
    parts = (
        "SELECT default_compression_codec AS codec, count() AS n FROM system.parts "
        "WHERE table = 'logs' AND database = currentDatabase() AND active GROUP BY codec"
    )
    assert engine.arrow(parts).to_pylist() == [{"codec": "LZ4", "n": 2}]
    engine.command("OPTIMIZE TABLE logs FINAL")
    assert engine.arrow(parts).to_pylist() == [{"codec": "ZSTD(1)", "n": 1}]
    columns = (
        "SELECT name, compression_codec AS codec FROM system.columns "
        "WHERE table = 'logs' AND name = 'body' AND database = currentDatabase()"
    )
    assert engine.arrow(columns).to_pylist() == [{"name": "body", "codec": "CODEC(Default)"}]


def test_lines_of_an_older_schema_stay_and_get_their_index(engine, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr(module, "available", lambda: available()[:2])
        migrate(engine)
    engine.command(
        "INSERT INTO logs (tenant, timestamp, stream, batch, level, body, trace_id, attributes, retention) "
        "SELECT 'default', toDateTime64('2026-11-23 10:00:00', 9) + number, 1, 7, 'info', "
        "concat('line ', toString(number)), lower(hex(MD5(toString(number)))), map('n', toString(number)), "
        "'default' FROM numbers(20000)"
    )
    columns = "tenant, timestamp, stream, batch, level, body, trace_id, attributes, retention"
    digest = f"SELECT count() AS n, sum(cityHash64({columns})) AS hash FROM logs"
    before = engine.arrow(digest).to_pylist()
    migrate(engine)
    assert engine.arrow(digest).to_pylist() == before
    size = "SELECT data_compressed_bytes AS n FROM system.data_skipping_indices WHERE name = 'body_words'"
    wait_until(lambda: engine.arrow(size)["n"][0].as_py() > 0)
    engine.command("OPTIMIZE TABLE logs FINAL")
    assert engine.arrow(digest).to_pylist() == before
