# ruff: noqa: E501  (a place a line)
"""A user's text never becomes SQL: wherever a pipeline takes text, quotes and statements are just text."""

from __future__ import annotations

import json
import re
from functools import partial

import pytest
import yaml

from prologue.model.errors import ConfigError
from prologue.parse.pipelines.compile import Outside, Select, compile_set
from prologue.parse.pipelines.document import Surroundings
from prologue.parse.pipelines.read import pipeline_set, read_pipelines
from prologue.pipeline.trial import Bench, lines_payload
from prologue.store.embedded import EmbeddedEngine

dumps = partial(json.dumps, ensure_ascii=False)

EVIL = [
    "' OR 1=1 --", "'); DROP TABLE logs; --", "\\', (SELECT 1), '", "{p0:String}", "{rows}", "{n0_0:String}", "$1", "%s %(a)s",
    "`x`", '"', "\\", "\n;SELECT 1", "/*", "a' || sleep(3) || 'b", "\u0000", "🙂'", "{source}", "FROM stage",
]  # fmt: skip
MARK = "zqx"

# Stages with a place for text, `@` standing for it.
PLACES = [
    "json: {prefix: @}", "json: {separator: @}", "json: {source: @, on_error: continue}", "logfmt: {prefix: @, on_error: continue}",
    "kv: {prefix: @, on_error: continue}", "csv: {columns: [@, x], on_error: continue}", "dissect: {pattern: @key, on_error: continue}",
    "pattern: {pattern: @cap, on_error: continue}", "timestamp: {source: @}", "severity: {source: @}", "severity: {source: a, map: {@: info}}",
    "labels: {promote: [@]}", "labels: {set: {a: @}}", "labels: {set: {@: b}}", "labels: {remove: [@]}", "labels: {rename: {@: b}}",
    "rename: {@: b}", "rename: {a: @}", "copy: {a: @}", "remove: [@]", "template: {@: x}", "template: {x: @}", "flatten: [@]",
    "flatten: {separator: @}", "redact: {fields: [@]}", "redact: {mask: @}", "redact: {patterns: {a: @re}}", "regex: {pattern: @re, on_error: continue}",
    "sample: {rate: 0.5, key: @}", "rate_limit: {lines: 1, key: @}", "route: {retention: @}", "multiline: {start: @re}",
    "trace: {trace_id: @}", "drop: @line", "drop: @label", "copy: {fields: {a: b}, when: @line}", "xml: {prefix: @, on_error: continue}",
]  # fmt: skip


def stages(place: str, text: str) -> str:
    """YAML of a stage with the text in its place, as JSON strings, which YAML reads."""
    forms = {
        "@key": f"{text}%{{a}}", "@cap": f"{text}<a>", "@re": f"(?P<a>{re.escape(text)})" if "patterns" not in place and "start" not in place else re.escape(text),
        "@line": f"|= {dumps(text)}", "@label": f"a={dumps(text)}", "@": text,
    }  # fmt: skip
    name = next(form for form in forms if form in place)
    return place.replace(name, dumps(forms[name]))


@pytest.fixture
def bench(engine: EmbeddedEngine) -> Bench:
    return Bench(engine)


@pytest.mark.parametrize("place", PLACES)
def test_text_is_bound(bench: Bench, place: str) -> None:
    for text in EVIL:
        written = f"name: a\nmatch: {dumps('{app=~' + dumps('.*') + '}')}\nstages:\n- {stages(place, MARK + text)}\n"
        try:
            found = pipeline_set(read_pipelines(written, "t", Surroundings()))
        except (ConfigError, yaml.YAMLError):
            continue  # refused before it got anywhere
        (program,) = compile_set(found)
        statements = [program.labels.sql, *(p.sql for p in program.parts if isinstance(p, Select))]
        assert not any(MARK in sql for sql in statements)
        assert not any(isinstance(part, Outside) for part in program.parts)
        # And the engine takes it as what it is.
        trial = bench.try_lines(bench.check(found), lines_payload(b"a=1 b=2\nx", {"app": "y"}))
        assert len(trial.after) + sum(tally.dropped for tally in trial.tallies) == 2


def test_match_is_bound(bench: Bench) -> None:
    for text in EVIL:
        match = f"{{app=~{dumps(re.escape(MARK + text))}}} |= {dumps(MARK + text)}"
        written = f"name: a\nmatch: {dumps(match)}\nstages: [logfmt]\n"
        found = pipeline_set(read_pipelines(written, "t", Surroundings()))
        (program,) = compile_set(found)
        assert program.taken is not None
        assert MARK not in program.labels.sql + program.taken.sql
        bench.try_lines(bench.check(found), lines_payload(b"a=1", {"app": MARK + text}))


def test_what_lines_say_is_data(bench: Bench) -> None:
    lines = [dumps({text: text, "labels": text}) for text in EVIL]
    written = "name: a\nstages:\n- json\n- labels: [labels]\n- template: {x: '{{.labels}}'}\n- redact\n"
    found = pipeline_set(read_pipelines(written, "t", Surroundings()))
    trial = bench.try_lines(bench.check(found), lines_payload("\n".join(lines).encode(), {"app": "y"}))
    labels = {json.loads(row["labels"]).get("labels") for row in trial.after.to_pylist()}
    assert {text for text in EVIL if text != "\u0000"} <= labels


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ConfigError, match="t:3:13: the text holds half"):
        read_pipelines('name: a\nstages:\n- remove: [ "\\ud83d" ]', "t", Surroundings())
