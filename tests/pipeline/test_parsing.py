"""Custom parsers between the stage and the insert: what is taken, what is left, and what a retry comes to."""

from __future__ import annotations

import pytest

from prologue.model.payload import Payload, PayloadFormat
from prologue.parse import catalog
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish
from prologue.parse.pipelines.document import Surroundings
from prologue.parse.pipelines.nodes import PipelineSet
from prologue.parse.pipelines.read import pipeline_set, read_pipelines
from prologue.pipeline.parsing import Parsing, Tally
from prologue.pipeline.staging import staged
from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate
from prologue.store.writer import LogWriter

NOW = 1_795_800_000_000_000_000
OPTIONS = ParseOptions()


@pytest.fixture
def writer(engine: EmbeddedEngine) -> LogWriter:
    migrate(engine)
    return LogWriter(engine, finish(OPTIONS), retention_classes=["long"])


def parsing(text: str) -> Parsing:
    return Parsing(pipeline_set(read_pipelines(text, "t.yaml", Surroundings())))


def stage(writer: LogWriter, *sent: tuple[str, list[str]]) -> None:
    """Stage lines by service."""
    payloads = [
        Payload("t", PayloadFormat.LINES, "\n".join(lines).encode(), NOW, {"service_name": service})
        for service, lines in sent
    ]
    (group,) = catalog.groups(payloads)
    writer.parse([staged(catalog.parse(group, OPTIONS))])


def stored(engine: EmbeddedEngine) -> list[str]:
    return sorted(engine.arrow("SELECT body FROM logs")["body"].to_pylist())


def store(writer: LogWriter, parsers: Parsing, batch: int, *, recover: bool, lines: list[str]) -> int:
    stage(writer, ("web", lines))
    writer.transform(parsers.apply)
    return writer.commit(batch, recover=recover).inserted


def test_without_pipelines_the_stage_is_inserted_as_it_is(writer: LogWriter) -> None:
    stage(writer, ("web", ["a=1"]))
    assert writer.transform(Parsing(PipelineSet()).apply) == []
    assert writer.transform(parsing("name: a\nmatch: '{service_name=\"x\"}'\nstages: [logfmt]").apply) == []


def test_each_line_goes_through_every_pipeline_that_matches_it(
    engine: EmbeddedEngine, writer: LogWriter
) -> None:
    parsers = parsing(
        "- {name: web, match: '{service_name=\"web\"}', stages: [logfmt]}\n"
        '- {name: odd, match: \'{service_name=~".+"} |= "odd"\', stages: [copy: {a: b}]}\n'
        "- {name: rest, unparsed: true, stages: [regex: '(?P<word>[a-z]+)']}\n"
        "- {name: moved, match: '{service_name=\"web\"}', stages: [labels: {set: {service_name: w2}}]}\n"
        "- {name: after, match: '{service_name=\"w2\"}', stages: [copy: {a: c}]}\n"
    )
    stage(writer, ("web", ["a=1 odd", "a=2"]), ("db", ["hello odd", "hello"]))
    tallies = writer.transform(parsers.apply)
    assert tallies == [
        Tally("web", 2, 0, 0), Tally("odd", 2, 0, 0), Tally("rest", 1, 0, 0), Tally("moved", 2, 0, 0),
        Tally("after", 2, 0, 0),
    ]  # fmt: skip
    assert writer.commit(1, recover=False).inserted == 4
    table = engine.arrow("SELECT body, CAST(attributes, 'Map(String, String)') AS a FROM logs ORDER BY body")
    rows = {row["body"]: dict(row["a"]) for row in table.to_pylist()}
    names = {body: [p.split("@")[0] for p in row.pop("parsed_by", "").split()] for body, row in rows.items()}
    assert names == {
        "a=1 odd": ["web", "odd", "moved", "after"], "a=2": ["web", "moved", "after"], "hello odd": ["odd"],
        "hello": ["rest"],
    }  # fmt: skip
    assert rows["a=1 odd"] == {"a": "1", "b": "1", "c": "1"}
    assert rows["hello"] == {"word": "hello"}


def test_a_parsed_batch_is_still_one_part_a_partition(engine: EmbeddedEngine, writer: LogWriter) -> None:
    parsers = parsing('name: a\nmatch: \'{service_name="web"} |= "1"\'\nstages: [logfmt]')
    store(writer, parsers, 1, recover=False, lines=[f"a={n}" for n in range(3000)])
    (row,) = engine.arrow("SELECT count() AS n FROM system.parts WHERE table = 'logs' AND active "
                          "AND database = currentDatabase()").to_pylist()  # fmt: skip
    assert row["n"] == 1
    assert len(stored(engine)) == 3000


DAYS = "name: a\nstages:\n- logfmt\n- timestamp: {{source: t, format: '%Y-%m-%d'}}\n- drop: 'n=\"{drop}\"'\n"
LINES = ["t=2026-11-20 n=1", "t=2026-11-21 n=2", "t=2026-11-22 n=3"]


def test_a_retry_with_the_same_parsers_adds_nothing(engine: EmbeddedEngine, writer: LogWriter) -> None:
    parsers = parsing(DAYS.format(drop=9))
    assert store(writer, parsers, 1, recover=False, lines=LINES) == 3
    assert store(writer, parsers, 1, recover=True, lines=LINES) == 0
    engine.command("ALTER TABLE logs DROP PARTITION ('2026-11-21', 'default')")
    assert store(writer, parsers, 1, recover=True, lines=LINES) == 1
    assert stored(engine) == LINES


CHANGED = [
    pytest.param(DAYS.format(drop=1), LINES[1:], id="drops another line"),
    pytest.param("name: a\nstages: [logfmt]", LINES, id="days are others"),
    pytest.param("name: a\nstages:\n- logfmt\n- route: {retention: long}", LINES, id="another class"),
    pytest.param("name: a\nmatch: '{service_name=\"other\"}'\nstages: [json]", LINES, id="none matches"),
    pytest.param(DAYS.replace("source: t,", "source: u,").format(drop=3), LINES[:2], id="another field"),
]


@pytest.mark.parametrize(("text", "expected"), CHANGED)
@pytest.mark.parametrize("lost", [(), ("2026-11-20",), ("2026-11-20", "2026-11-21", "2026-11-22")], ids=str)
def test_a_retry_after_a_reload_neither_loses_nor_repeats(
    engine: EmbeddedEngine, writer: LogWriter, text: str, expected: list[str], lost: tuple[str, ...]
) -> None:
    store(writer, parsing(DAYS.format(drop=9)), 1, recover=False, lines=LINES)
    for day in lost:
        engine.command(f"ALTER TABLE logs DROP PARTITION ('{day}', 'default')")
    store(writer, parsing(text), 1, recover=True, lines=LINES)
    assert stored(engine) == expected
    store(writer, parsing(text), 1, recover=True, lines=LINES)
    assert stored(engine) == expected


def test_a_pipeline_the_engine_refuses_keeps_its_lines_whole(
    engine: EmbeddedEngine, writer: LogWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prologue.model.errors import EngineError

    def refused(*_: object) -> str:
        raise EngineError("it will not")

    parsers = parsing("name: a\nstages: [logfmt]")
    monkeypatch.setattr(parsers, "_parse", refused)
    assert store(writer, parsers, 1, recover=False, lines=LINES) == 3
    (row,) = engine.arrow(
        "SELECT any(attributes['__error_details__']) AS e, count() AS n FROM logs"
    ).to_pylist()
    assert row == {"e": "it will not", "n": 3}
    redacting = parsing("name: a\nstages: [redact]")
    monkeypatch.setattr(redacting, "_parse", refused)
    with pytest.raises(EngineError):
        store(writer, redacting, 2, recover=False, lines=LINES)


@pytest.mark.parametrize("step", ["logfmt", "kv: {}"])
def test_a_line_of_very_many_pairs_does_not_hold_up_the_others(
    engine: EmbeddedEngine, writer: LogWriter, step: str
) -> None:
    """The engine refuses more than 1,000 pairs in a line unless it is told otherwise: one sender's line would
    keep everybody's from being parsed, and where there is a `redact` from being stored."""
    many = " ".join(f"k{n}=v" for n in range(1500))
    lines = ["a=1", many, "a=2"]
    store(writer, parsing(f"name: a\nstages:\n- {step}\n- redact"), 1, recover=False, lines=lines)
    table = engine.arrow("SELECT body, length(attributes) AS n, attributes['__error__'] AS e FROM logs")
    found = {row["body"]: (row["n"], row["e"]) for row in table.to_pylist()}
    assert found == {"a=1": (2, ""), "a=2": (2, ""), many: (1501, "")}


def test_what_was_parsed_is_not_kept_in_memory_once_it_is_stored(
    engine: EmbeddedEngine, writer: LogWriter
) -> None:
    left = "SELECT count() AS n FROM system.tables WHERE is_temporary AND name LIKE 'parsing%'"
    text = 'name: a\nmatch: \'{service_name="web"} |= "1"\'\nstages: [logfmt]'
    store(writer, parsing(text), 1, recover=False, lines=LINES)
    assert engine.arrow(left)["n"][0].as_py() == 2
    writer.clear()
    assert engine.arrow(left)["n"][0].as_py() == 0
    assert stored(engine) == LINES
