"""Formats found by themselves: through the real ingest, remembered, and the same again after a crash."""

from __future__ import annotations

import pytest

from prologue.model.errors import TemporaryError
from prologue.model.payload import Payload, PayloadFormat
from prologue.parse import catalog
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish
from prologue.parse.pipelines.document import Surroundings
from prologue.parse.pipelines.nodes import PipelineSet
from prologue.parse.pipelines.read import pipeline_set, read_pipelines
from prologue.pipeline.formats import NONE, FormatMemory, ReadyPipelines
from prologue.pipeline.parsing import Parsing
from prologue.pipeline.staging import staged
from prologue.store.migrate import migrate
from prologue.store.writer import LogWriter

NOW = 1_795_800_000_000_000_000
REDIS = b"1:M 26 Nov 2026 01:47:14.508 * Ready to accept connections\n"
SLOG = b"time=2026-11-26T01:48:46.493Z level=WARN msg=careful\n"
ZAP = b'{"level":"info","ts":1795657726.4908626,"caller":"a/b.go:8","msg":"hi"}\n'


@pytest.fixture
def parsed(engine):
    """`parsed(ready, batch, {app: lines})`: the attributes of each line, in order of app and arrival."""
    migrate(engine)
    writer = LogWriter(engine, finish(ParseOptions()))

    def run(ready, batch, lines, *, pipelines=PipelineSet(), params=None):  # noqa: B008 - frozen
        payloads = [
            Payload("default", PayloadFormat.LINES, data, NOW, {"app": app}, params or {})
            for app, data in lines.items()
        ]
        stages = []
        for group in catalog.groups(payloads):
            stages.append(staged(catalog.parse(group, ParseOptions())))
        writer.parse(stages)
        rows, _ = Parsing(pipelines).apply(
            engine, lambda engine, rows, bound: ready.programs(engine, rows, bound, batch)
        )
        columns = "attributes, toString(timestamp) AS time, level"
        sql = f"SELECT {columns} FROM ({finish(ParseOptions())}) ORDER BY labels, observed"
        parameters = {} if rows is None else rows.parameters
        table = engine.arrow(sql if rows is None else rows.instead_of_stage(sql), parameters)
        writer.clear()
        rows_found = [(row, dict(row["attributes"])) for row in table.to_pylist()]
        return [
            {**row, **found, "level": row["level"], "level_": found.get("level")} for row, found in rows_found
        ]

    return run


def by(rows):
    return [row.get("parsed_by", "").partition("@")[0] for row in rows]


def test_each_stream_has_its_format(parsed):
    found = parsed(
        ReadyPipelines(FormatMemory(None)), 1, {"a": REDIS * 2, "b": SLOG, "c": b"free text\n", "d": ZAP}
    )
    assert by(found) == ["ready.redis", "ready.redis", "ready.slog", "", "ready.zap"]
    assert found[0]["process.pid"] == "1"
    assert found[2]["msg"] == "careful"


def test_a_format_is_remembered_and_a_line_it_cannot_read_is_left_alone(parsed):
    ready = ReadyPipelines(FormatMemory(None))
    parsed(ready, 1, {"a": REDIS})
    [found] = parsed(ready, 2, {"a": b"oops, a stack trace\n"})
    assert [name for name, _ in found["attributes"]] == ["parsed_by"]


def test_lines_of_own_pipelines_are_left_alone(parsed):
    own = read_pipelines("name: own\nmatch: '{app=\"b\"}'\nstages: [logfmt]", "t.yaml", Surroundings())
    found = parsed(ReadyPipelines(FormatMemory(None)), 1, {"a": SLOG, "b": SLOG}, pipelines=pipeline_set(own))
    assert by(found) == ["ready.slog", "own"]


def test_excluded_formats_are_not_used(parsed):
    found = parsed(ReadyPipelines(FormatMemory(None), ["slog"]), 1, {"a": SLOG, "b": REDIS})
    assert by(found) == ["", "ready.redis"]


def test_a_time_and_a_level_of_the_sender_stay(parsed):
    """The runtime's time is kept; of a line that came without one its own is taken."""
    line = b"time=2026-11-26T01:48:46.493Z level=WARN msg=careful\n"
    ready = ReadyPipelines(FormatMemory(None))
    cri = parsed(
        ready, 1, {"a": b"2026-11-20T01:02:03.000000004Z stderr F " + line}, params={"framing": "cri"}
    )
    plain = parsed(ready, 2, {"b": line})
    priority = b'{"MESSAGE":"level=info ts=2026-11-26T01:48:46Z msg=x","PRIORITY":"3"}\n'
    journal = parsed(ready, 3, {"c": priority}, params={"framing": "journal"})
    assert [(row["time"][:19], row["level"]) for row in (*cri, *plain, *journal)] == [
        ("2026-11-20 01:02:03", "warn"),
        ("2026-11-26 01:48:46", "warn"),
        ("2026-11-26 01:48:46", "error"),
    ]
    assert by([*cri, *plain, *journal]) == ["ready.slog", "ready.slog", "ready.gokit"]


def test_attributes_of_the_sender_stay(parsed):
    """A stream attribute of the runtime, and fields of the journal, under names that the line has too."""
    line = b"level=warn ts=2026-11-26T01:48:46Z caller=a.go:1 msg=line"
    entry = b'{"MESSAGE":"' + line + b'","level":"error","msg":"sent"}\n'
    [row] = parsed(ReadyPipelines(FormatMemory(None)), 1, {"a": entry}, params={"framing": "journal"})
    assert by([row]) == ["ready.gokit"]
    assert (row["level_"], row["msg"], row["caller"]) == ("error", "sent", "a.go:1")


def test_a_batch_tried_again_comes_out_the_same(parsed, tmp_path):
    """A crash after batch 2 decided: its lines are looked at again, and say what they said."""
    path = tmp_path / "formats"
    first = parsed(ReadyPipelines(FormatMemory(path)), 2, {"a": REDIS})
    again = parsed(ReadyPipelines(FormatMemory(path)), 2, {"a": REDIS})
    # Batch 1 was begun after batch 2: what batch 2 showed does not count for it.
    earlier = parsed(ReadyPipelines(FormatMemory(path)), 1, {"a": b"starting\n"})
    later = parsed(ReadyPipelines(FormatMemory(path)), 3, {"a": b"starting\n"})
    assert by(first) == by(again) == by(later) == ["ready.redis"]
    assert by(earlier) == [""]


def test_a_stream_that_fits_nothing_is_not_asked_for_ever(parsed):
    memory = FormatMemory(None)
    for batch in range(1, 6):
        parsed(ReadyPipelines(memory), batch, {"a": b"free text\n"})
    assert by(parsed(ReadyPipelines(memory), 6, {"a": REDIS})) == [""]


def test_two_batches_are_enough_for_many_lines_like_nothing(parsed):
    memory = FormatMemory(None)
    lines = b"free text\n" * 40
    for batch in (1, 2):
        parsed(ReadyPipelines(memory), batch, {"a": lines, "b": REDIS + lines})
    found = parsed(ReadyPipelines(memory), 3, {"a": REDIS, "b": REDIS})
    # A line of "b" was like a format's.
    assert by(found) == ["", "ready.redis"]


def test_a_batch_that_is_tried_again_is_no_second_try():
    memory = FormatMemory(None)
    for _ in range(6):
        memory.learn({1: NONE}, 1, {1})
    assert memory.known([1], 2) == {}
    memory.learn({1: NONE}, 2, {1})
    assert memory.known([1], 3) == {1: NONE}


def test_memory_survives_a_torn_line_and_names_that_are_no_more(tmp_path):
    path = tmp_path / "formats"
    FormatMemory(path).learn({7: "redis", 8: "slog"}, 1)
    with path.open("a") as file:
        file.write("9 a_format_of_yore 1\n10 redi")
    memory = FormatMemory(path)
    assert memory.known([7, 8, 9, 10], 2) == {7: "redis", 8: "slog"}
    memory.learn({10: "redis"}, 2)
    assert FormatMemory(path).known([7, 8, 10], 3) == {7: "redis", 8: "slog", 10: "redis"}


def test_memory_is_bounded(tmp_path):
    memory = FormatMemory(tmp_path / "formats", most=10)
    for stream in range(100):
        memory.learn({stream: "redis"}, 1)
    assert len((tmp_path / "formats").read_text().splitlines()) <= 10
    assert memory.known(range(100), 2).keys() >= {99}


def test_what_cannot_be_written_is_not_remembered(tmp_path):
    memory = FormatMemory(tmp_path / "formats")
    (tmp_path / "formats").mkdir()
    with pytest.raises(TemporaryError):
        memory.learn({1: "redis"}, 1)
    assert memory.known([1], 2) == {}


def test_an_engine_that_cannot_count_costs_fields_and_no_lines(parsed, monkeypatch):
    monkeypatch.setattr(
        "prologue.pipeline.formats.counting", lambda rows: (f"SELECT nothing FROM {rows}", {})
    )
    assert by(parsed(ReadyPipelines(FormatMemory(None)), 1, {"a": REDIS})) == [""]


def test_only_none_takes_several_tries():
    memory = FormatMemory(None)
    memory.learn({1: NONE, 2: "redis"}, 1)
    assert memory.known([1, 2], 2) == {2: "redis"}
