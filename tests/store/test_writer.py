"""One batch, once: whatever was interrupted, and however often it is tried again."""

from __future__ import annotations

import shutil

import pytest

from prologue.model.errors import EngineError
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish
from prologue.store.embedded import EmbeddedEngine
from prologue.store.engine import Source
from prologue.store.stage import Stage
from prologue.store.writer import LogWriter

SELECT = """
SELECT 'default', toDateTime64(splitByChar(' ', line)[1], 9, 'UTC'), now64(9, 'UTC'), '{"app":"x"}', 0, '',
    line, '', '', CAST(map(), 'Map(LowCardinality(String), String)') FROM {source}"""
TWO_DAYS = b"2026-11-23 one\n2026-11-23 two\n2026-11-24 three\n"


def stage(data: bytes = TWO_DAYS, rows: int | None = 3) -> Stage:
    return Stage(Source("LineAsString", "line String", (data,)), SELECT, rows=rows)


@pytest.fixture
def writer(migrated: EmbeddedEngine) -> LogWriter:
    return LogWriter(migrated, finish(ParseOptions()))


def bodies(engine: EmbeddedEngine) -> list[str]:
    return sorted(engine.arrow("SELECT body FROM logs")["body"].to_pylist())


ALL = ["2026-11-23 one", "2026-11-23 two", "2026-11-24 three"]


def test_a_batch_written_again_is_there_once(migrated, writer):
    writer.parse([stage()])
    assert writer.commit(7, recover=False).inserted == 3
    writer.parse([stage()])
    assert writer.commit(7, recover=True).inserted == 0
    assert bodies(migrated) == ALL


def test_recovery_adds_only_the_days_that_are_missing(migrated, writer):
    writer.parse([stage()])
    writer.commit(7, recover=False)
    migrated.command("ALTER TABLE logs DROP PARTITION ('2026-11-24', 'default')")
    writer.parse([stage()])
    written = writer.commit(7, recover=True)
    assert (written.rows, written.inserted) == (3, 1)
    assert bodies(migrated) == ALL


@pytest.mark.parametrize("recover", [False, True])
def test_a_batch_whose_parts_a_crash_took_is_written(migrated, writer, recover):
    """Whatever the engine noted of an insert before its part came to be, the lines must come."""
    writer.parse([stage()])
    writer.commit(7, recover=False)
    paths = migrated.arrow(
        "SELECT path FROM system.parts WHERE table = 'logs' AND active AND database = currentDatabase()"
    )["path"].to_pylist()
    migrated.command("DETACH TABLE logs SYNC")
    for path in paths:
        shutil.rmtree(path)
    migrated.command("ATTACH TABLE logs")
    assert bodies(migrated) == []
    writer.parse([stage()])
    assert writer.commit(7, recover=recover).inserted == 3
    assert bodies(migrated) == ALL


def test_equal_content_in_two_batches_is_there_twice(migrated, writer):
    for batch in (1, 2):
        writer.parse([stage()])
        writer.commit(batch, recover=False)
    assert len(bodies(migrated)) == 6


def test_a_batch_is_one_part_a_day(migrated, writer):
    data = b"".join(b"2026-11-%02d x\n" % (1 + number % 20) for number in range(300_000))
    writer.parse([stage(data, 300_000)])
    writer.commit(1, recover=False)
    parts = migrated.arrow(
        "SELECT count() AS parts, uniqExact(partition) AS days FROM system.parts "
        "WHERE database = currentDatabase() AND table = 'logs' AND level = 0"
    ).to_pylist()
    assert parts == [{"parts": 20, "days": 20}]


def test_more_days_than_the_engine_allows_by_default(migrated, writer):
    data = b"".join(b"%d-01-01 x\n" % year for year in range(1971, 2025)) + b"".join(
        b"2025-%02d-%02d x\n" % (month, day) for month in range(1, 13) for day in range(1, 15)
    )
    writer.parse([stage(data, data.count(b"\n"))])
    assert writer.commit(1, recover=False).inserted == data.count(b"\n")


def test_a_batch_of_many_days_is_inserted_in_groups_and_recovered_exactly(migrated, writer, monkeypatch):
    monkeypatch.setattr("prologue.store.writer._DAYS", 7)
    data = b"".join(b"2026-%02d-%02d x\n" % (month, day) for month in range(1, 4) for day in range(1, 29))
    days = data.decode().splitlines()
    writer.parse([stage(data, len(days))])
    assert writer.commit(1, recover=False).inserted == len(days)
    assert bodies(migrated) == days
    for lost in ("2026-01-03", "2026-02-28", "2026-03-01"):
        migrated.command(f"ALTER TABLE logs DROP PARTITION ('{lost}', 'default')")
    writer.parse([stage(data, len(days))])
    assert writer.commit(1, recover=True).inserted == 3
    assert bodies(migrated) == days


def test_streams_are_named_for_each_day_they_have_lines(migrated, writer):
    writer.parse([stage()])
    writer.commit(1, recover=False)
    rows = migrated.arrow(
        "SELECT toString(day) AS day, labels['app'] AS app, stream IN (SELECT stream FROM logs) AS known "
        "FROM streams ORDER BY day"
    ).to_pylist()
    assert rows == [
        {"day": "2026-11-23", "app": "x", "known": 1},
        {"day": "2026-11-24", "app": "x", "known": 1},
    ]


MANY = """
SELECT 'default', toDateTime64('2026-11-23', 9, 'UTC'), now64(9, 'UTC'),
    concat('{"pod":"p', toString(number), '"}'), 0, '', line, '', '',
    CAST(map(), 'Map(LowCardinality(String), String)') FROM {source} ARRAY JOIN range(100000) AS number"""


def test_a_batch_of_many_streams_names_each_once(migrated, writer):
    """Short-lived pods, or a request id as a label: the number of streams is the sender's."""
    source = Source("LineAsString", "line String", (b"x\n",))
    for batch in (1, 2):
        writer.parse([Stage(source, MANY, rows=100_000)])
        writer.commit(batch, recover=False)
    named = migrated.arrow(
        "SELECT count() AS rows, uniqExact(labels['pod']) AS pods FROM streams"
    ).to_pylist()
    assert named == [{"rows": 100_000, "pods": 100_000}]


def test_a_source_that_counts_other_rows_than_promised_is_refused(migrated, writer):
    with pytest.raises(EngineError, match="parsed 3 rows of a source that holds 4"):
        writer.parse([stage(rows=4)])
    assert bodies(migrated) == []


def test_a_stream_is_kept_under_the_class_its_label_names(migrated):
    writer = LogWriter(migrated, finish(ParseOptions()), retention_classes=["audit"])
    labels = "concat('{\"retention_class\":\"', splitByChar(' ', line)[2], '\"}')"
    select = SELECT.replace("""'{"app":"x"}'""", f"toLowCardinality({labels})")
    data = b"2026-11-23 audit\n2026-11-23 other\n"
    writer.parse([Stage(Source("LineAsString", "line String", (data,)), select, rows=2)])
    writer.commit(1, recover=False)
    rows = migrated.arrow("SELECT body, toString(retention) AS class FROM logs ORDER BY body").to_pylist()
    assert [(row["body"][11:], row["class"]) for row in rows] == [("audit", "audit"), ("other", "default")]


CLASSES = SELECT.replace(
    """'{"app":"x"}'""",
    "toLowCardinality(concat('{\"retention_class\":\"', splitByChar(' ', line)[2], '\"}'))",
)
OF_CLASSES = b"2026-11-23 audit\n2026-11-23 other\n2026-11-24 audit\n"


@pytest.mark.parametrize("interrupted", [False, True])
@pytest.mark.parametrize(
    ("before", "after"), [([], ["audit"]), (["audit"], []), (["audit"], ["audit", "other"])]
)
def test_classes_that_changed_between_a_crash_and_the_start_repeat_nothing(
    migrated, interrupted, before, after
):
    source = Source("LineAsString", "line String", (OF_CLASSES,))
    first = LogWriter(migrated, finish(ParseOptions()), retention_classes=before)
    first.parse([Stage(source, CLASSES, rows=3)])
    first.commit(1, recover=False)
    if interrupted:
        lost = "audit" if "audit" in before else "default"
        migrated.command(f"ALTER TABLE logs DROP PARTITION ('2026-11-23', '{lost}')")
        assert len(bodies(migrated)) < 3
    again = LogWriter(migrated, finish(ParseOptions()), retention_classes=after)
    for _ in range(2):
        again.parse([Stage(source, CLASSES, rows=3)])
        again.commit(1, recover=True)
        assert bodies(migrated) == sorted(OF_CLASSES.decode().splitlines())


def test_what_a_damaged_segment_lost_stays_in_the_store(migrated, writer):
    writer.parse([stage()])
    writer.commit(1, recover=False)
    writer.parse([stage(b"2026-11-23 one\n", 1)])
    writer.commit(1, recover=True, complete=False)
    assert bodies(migrated) == ALL


def test_words_and_traces_are_indexed_from_the_first_moment(migrated, writer):
    sizes = (
        "SELECT name, data_compressed_bytes AS n FROM system.data_skipping_indices "
        "WHERE database = currentDatabase() AND table = 'logs'"
    )

    def indexed() -> set[str]:
        return {row["name"] for row in migrated.arrow(sizes).to_pylist() if row["n"]}

    writer.parse([stage()])
    writer.commit(7, recover=False)
    assert indexed() == {"batch_range", "body_words", "trace_bloom"}
    migrated.command("OPTIMIZE TABLE logs FINAL")
    assert indexed() == {"batch_range", "body_words", "trace_bloom"}
