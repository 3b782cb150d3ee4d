"""A flood is inserted without filters of words; once it is over, merges make them."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from prologue.model.errors import EngineError
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish, times
from prologue.store.embedded import EmbeddedEngine
from prologue.store.pace import BUSY_ROWS, LARGE_ROWS, Pace
from prologue.store.writer import LogWriter
from tests.store.test_writer import stage
from tests.support.server import wait_until

_WORD = "indexHint(hasAll(tokens(lower(body)), ['w7'])) AND body LIKE '%w7 %'"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def writer(migrated: EmbeddedEngine, clock: Clock) -> LogWriter:
    options = ParseOptions()
    return LogWriter(migrated, finish(options), times=times(options), pace=Pace(migrated, clock=clock))


def write(writer: LogWriter, batch: int, rows: int) -> None:
    lines = b"".join(b"2026-11-23 w%d of %d\n" % (number, batch) for number in range(rows))
    writer.parse([stage(lines, rows)])
    assert writer.commit(batch, recover=False).inserted == rows


def base(engine: EmbeddedEngine) -> str:
    full = engine.arrow(
        "SELECT engine_full AS f FROM system.tables WHERE name = 'logs' AND database = currentDatabase()"
    )["f"][0].as_py()
    return str(full.partition("merge_selector_base = ")[2].partition(",")[0])


def filters(engine: EmbeddedEngine) -> list[bool]:
    """Of each active part, whether it has a filter of words: a byte or more for each line's own word."""
    parts = engine.arrow(
        "SELECT secondary_indices_uncompressed_bytes > rows AS filtered FROM system.parts "
        "WHERE table = 'logs' AND active AND database = currentDatabase() ORDER BY name"
    )
    return [bool(filtered) for filtered in parts["filtered"].to_pylist()]


def words(engine: EmbeddedEngine) -> int:
    return int(engine.arrow(f"SELECT count() AS n FROM logs WHERE {_WORD}")["n"][0].as_py())


def test_a_small_batch_has_its_filter_at_once(migrated, writer):
    write(writer, 1, 100)
    assert filters(migrated) == [True]
    assert base(migrated) == "3"


def test_a_large_batch_is_found_without_a_filter_and_merges_wait(migrated, writer):
    migrated.command("SYSTEM STOP MERGES logs")
    write(writer, 1, 100)
    write(writer, 2, LARGE_ROWS)
    assert filters(migrated) == [True, False]
    assert base(migrated) == "20"
    assert words(migrated) == 2


def test_a_flood_that_is_over_is_merged_and_has_its_filters(migrated, writer, clock):
    for batch in range(4):
        write(writer, batch, LARGE_ROWS)
    assert filters(migrated) == [False] * 4
    clock.now += 4.9
    writer.rest()
    assert base(migrated) == "20"
    clock.now += 0.2
    writer.rest()
    assert base(migrated) == "3"
    wait_until(lambda: filters(migrated) == [True])
    assert words(migrated) == 4


def test_merges_wait_for_batches_that_are_not_large_but_many(migrated, writer):
    migrated.command("SYSTEM STOP MERGES logs")
    write(writer, 1, BUSY_ROWS)
    assert filters(migrated) == [True]
    assert base(migrated) == "20"


def test_a_small_batch_after_a_flood_ends_it(migrated, writer, clock):
    write(writer, 1, LARGE_ROWS)
    write(writer, 2, 100)
    assert base(migrated) == "20"
    clock.now += 5.1
    write(writer, 3, 100)
    assert base(migrated) == "3"


def test_the_last_run_may_have_ended_in_a_flood(migrated, writer):
    migrated.command("ALTER TABLE logs MODIFY SETTING merge_selector_base = 10")
    write(writer, 1, 100)
    assert base(migrated) == "3"


def test_an_engine_that_does_not_change_how_it_merges_takes_batches_all_the_same(migrated, clock, caplog):
    refusing = Mock(wraps=migrated)
    refusing.command.side_effect = EngineError("no space to write that down")
    pace = Pace(refusing, clock=clock)
    writer = LogWriter(migrated, finish(ParseOptions()), pace=pace)
    write(writer, 1, 100)
    assert "no space to write that down" in caplog.text
    refusing.command.side_effect = None
    write(writer, 2, 100)
    assert base(migrated) == "3"
