"""Levels that are decided before the engine has the rows are those that the engine would find."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest

from prologue.model.labels import canonical
from prologue.model.payload import Payload, PayloadFormat
from prologue.parse import catalog
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish, finish_decided
from prologue.parse.levels import decide
from prologue.parse.levels.words import LEVEL_KEYS, MEANINGS
from prologue.pipeline.staging import staged
from prologue.store.migrate import migrate
from prologue.store.writer import LogWriter
from tests.parse.test_records import NOW, records

OPTIONS = ParseOptions()
WORDS = [
    "",
    "purple",
    "Warning",
    "ſevere",
    *sorted(MEANINGS),
    "ERROR",
]
LABELS: list[dict[str, str]] = [
    {},
    {"app": "x"},
    {"app": "x", "level": "error"},
    {"LEVEL": "Warn", "app": "y"},
    {"detected_level": "debug"},
    {"log_level": "nothing", "severity": "error"},
    {"note": '","level":"error'},
    {"sea_level": "error"},
    {"severity_text": "critical"},
    {"lvl": ""},
]
BODIES = [
    b"",
    b"level=warn x",
    b"plain",
    b"ERROR x",
    b'{"level":30}',
    b'{"t":{"$date":"x"},"s":"E","c":1}',
    b"<3>x",
    b"\xff",
]


def both(engine: Any, *payloads: Payload, options: ParseOptions = OPTIONS) -> list[tuple[Any, ...]]:
    """Of each row: what was decided, what the engine finds, and what distinguishes the row."""
    migrate(engine)
    writer = LogWriter(engine, finish(options), decided=finish_decided(options))
    writer.parse([staged(catalog.parse(group, options)) for group in catalog.groups(payloads)])
    alone = finish(options).replace("FROM stage", "FROM (SELECT * REPLACE ('' AS level) FROM stage) AS stage")
    said = engine.arrow(
        "SELECT toString(level) AS level, severity_number, toString(severity_text) AS t, labels, "
        "CAST(attributes, 'Map(String, String)') AS a, base64Encode(body) AS b FROM stage ORDER BY observed"
    ).to_pylist()
    found = engine.arrow(f"SELECT toString(level) AS level FROM ({alone}) ORDER BY observed")[
        "level"
    ].to_pylist()
    return [
        (row.pop("level"), level, tuple(map(str, row.values())))
        for row, level in zip(said, found, strict=True)
    ]


def wrong(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row for row in rows if row[0] not in {"", row[1]}]


@pytest.mark.parametrize("seed", range(3))
def test_records(engine, seed):
    draw = random.Random(seed)
    keys = ["app", "x", "a_level", *LEVEL_KEYS]
    payloads = []
    for part in range(3):
        rows = [
            {
                "observed": NOW + part * 10_000 + n,
                "stream": canonical(draw.choice(LABELS)),
                "severity_number": draw.choice([0, 0, 0, draw.randint(0, 30), 255]),
                "severity_text": draw.choice(["", "", draw.choice(WORDS)]),
                "body": draw.choice(BODIES),
                "attributes": [
                    (draw.choice(keys), draw.choice(WORDS)) for _ in range(draw.choice([0, 0, 1, 2, 4]))
                ],
            }
            for n in range(3000)
        ]
        payloads.append(records(*rows))
    rows_found = both(engine, *payloads)
    assert wrong(rows_found)[:5] == []
    assert len({row[1] for row in rows_found}) == 8
    assert sum(row[0] == "" for row in rows_found) < 0.1 * len(rows_found)


def test_lines_with_labels(engine):
    payloads = [
        Payload("t", PayloadFormat.LINES, b"\n".join(BODIES[:-1]), NOW + n * 100, labels)
        for n, labels in enumerate(LABELS)
    ]
    rows = both(engine, *payloads)
    assert wrong(rows) == []
    assert {row[0] for row in rows} >= {"", "warn", "error", "debug", "critical", "unknown"}


def test_json_lines(engine):
    draw = random.Random(5)
    keys = ["app", "x", "a_level", *LEVEL_KEYS]
    objects = [
        {draw.choice(keys): draw.choice(WORDS) for _ in range(draw.choice([0, 1, 1, 2, 4]))}
        | {"n": str(n), "_msg": draw.choice(BODIES[:-1]).decode()}
        for n in range(4000)
    ]
    data = b"\n".join(map(orjson.dumps, [*objects, 7])) + b"\nno object, level=warn\n{\n"
    rows = []
    for labels, streams in (({}, ""), ({"severity": "Error"}, ""), ({}, "lvl,app"), ({}, "level")):
        payload = Payload("t", PayloadFormat.JSON_LINES, data, NOW, labels, {"stream_fields": streams})
        rows += both(engine, payload)
    assert wrong(rows) == []
    assert {row[1] for row in rows} >= {"warn", "error", "debug", "critical", "unknown"}
    assert 0.2 * len(rows) < sum(row[0] != "" for row in rows) < len(rows)


def test_a_stage_that_is_decided_is_inserted_by_the_shorter_way(engine):
    migrate(engine)
    writer = LogWriter(engine, finish(OPTIONS), decided="SELECT throwIf(true), * FROM stage")
    sure = Payload("t", PayloadFormat.LINES, b"level=warn x", NOW)
    unsure = Payload("t", PayloadFormat.LINES, b'{"x":1}', NOW, {"app": "y"})
    groups = catalog.groups([sure, unsure])
    jobs = [catalog.parse(group, OPTIONS) for group in groups]
    writer.parse([staged(job) for job in jobs])
    assert engine.arrow("SELECT countIf(level = '') AS n FROM stage")["n"].to_pylist() == [1]
    assert writer.commit(1, recover=False).inserted == 2
    writer = LogWriter(
        engine, finish(OPTIONS), decided=finish_decided(OPTIONS).replace("stage.level", "'fatal'")
    )
    writer.parse([staged(catalog.parse([sure], OPTIONS))])
    writer.commit(2, recover=False)
    levels = engine.arrow(
        "SELECT batch, toString(level) AS level FROM logs ORDER BY batch, level"
    ).to_pylist()
    assert levels == [
        {"batch": 1, "level": "unknown"},
        {"batch": 1, "level": "warn"},
        {"batch": 2, "level": "fatal"},
    ]


def test_no_levels_where_none_are_wanted(engine):
    options = ParseOptions(discover_log_levels=False)
    rows = both(engine, Payload("t", PayloadFormat.LINES, b"level=warn x", NOW), options=options)
    assert [row[:2] for row in rows] == [("", "")]
    assert decide.nothing(2).to_pylist() == ["", ""]
