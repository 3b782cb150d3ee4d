"""A pipeline for given lines, by what is surest first: a known format, JSON, logfmt, templates.

Lines in a runtime's wrapping (CRI) are looked at without it. What is proposed is a beginning: names of fields
that no line says are guesses, and `prologue parse test` shows what it makes of the lines.

Next chapter: `prologue.cli.suggest.templates`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import orjson

from prologue.cli.suggest.templates import mined, time_of
from prologue.cli.suggest.yaml import Stage, pipeline
from prologue.parse.levels.words import LEVEL_KEYS
from prologue.parse.ready.catalog import PREFIX
from prologue.parse.ready.detect import chosen, count

MOST_LINES = 5000
"""More lines than this are not looked at."""

_MOST = 0.8
_CRI = re.compile(r"^\S+ (?:stdout|stderr) [FP] ")
_PAIR = re.compile(r'(?:^|\s)([A-Za-z_][\w.@/-]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)')
_TIME_KEYS = ("time", "timestamp", "@timestamp", "ts", "t", "datetime", "date", "eventTime", "asctime", "@t")
_LEVEL_KEYS = (*LEVEL_KEYS, "sev", "@l", "LogLevel", "priority")
_UNITS = ((10**11, "unix"), (10**14, "unix_ms"), (10**17, "unix_us"))


@dataclass(frozen=True, slots=True)
class Proposal:
    """`yaml` is a pipeline; `why` says in a sentence what the lines are."""

    yaml: str
    why: str


def propose(lines: Sequence[str], name: str) -> Proposal | None:
    """A pipeline for these lines; `name` is the pipeline's, and a hint. None where nothing repeats."""
    lines = [line for line in lines[:MOST_LINES] if line.strip()]
    if not lines:
        return None
    wrapped = _share(lines, lambda line: _CRI.match(line) is not None)
    before: list[Stage] = []
    if wrapped >= _MOST:
        lines = [_CRI.sub("", line) for line in lines]
        before = [Stage("cri")]
    known = chosen(orjson.dumps({"name": name}).decode(), len(lines), count(lines))
    if known is not None:
        body = (files("prologue.parse.ready") / f"{known.name}.yaml").read_text().partition("\n---\n")[2]
        why = f"{known.title}: recognised without configuration (docs/parsers/ready.md); a copy to change"
        return Proposal(body.replace(f"name: {PREFIX}", "name: ", 1), why)
    found = _json(lines) or _logfmt(lines)
    if found is not None:
        stages, why = found
    else:
        stages, why = mined(lines)
    return Proposal(pipeline(name, [*before, *stages]), why) if stages else None


def _share(lines: Sequence[str], test: Any) -> float:
    return sum(bool(test(line)) for line in lines) / len(lines)


def _json(lines: Sequence[str]) -> tuple[list[Stage], str] | None:
    objects = [found for line in lines if isinstance(found := _decoded(line), dict)]
    if len(objects) < _MOST * len(lines):
        return None
    texts = [
        {key: value for key, value in one.items() if isinstance(value, str | int | float)} for one in objects
    ]
    return [Stage("json"), *_time_and_level(texts)], "JSON objects"


def _decoded(line: str) -> object:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _logfmt(lines: Sequence[str]) -> tuple[list[Stage], str] | None:
    pairs = [dict(_PAIR.findall(line)) for line in lines]
    # A text with a pair somewhere in it is not logfmt: the pairs must make up most of the line.
    fitting = [
        bool(found)
        and sum(len(key) + len(value) + 1 for key, value in found.items()) >= _MOST * (len(line) - len(found))
        for found, line in zip(pairs, lines, strict=True)
    ]
    if sum(fitting) < _MOST * len(lines):
        return None
    plain = [{key: value.strip('"') for key, value in one.items()} for one in pairs]
    return [Stage("logfmt"), *_time_and_level(plain)], "key=value pairs (logfmt)"


def _time_and_level(records: Sequence[Mapping[str, Any]]) -> list[Stage]:
    """The stages for the time and the level, by the fields that most records have."""
    keys = Counter(key for record in records for key in record)
    usual = {key for key, number in keys.items() if number >= len(records) / 2}
    stages = []
    time = next((key for key in _TIME_KEYS if key in usual), None)
    form = time and _form([record[time] for record in records if time in record])
    if form:
        stages.append(Stage("timestamp", {"source": str(time), "format": form}))
    level = next((key for key in _LEVEL_KEYS if key in usual), None)
    if level is not None:
        stages.append(Stage("severity", {"source": level}))
    return stages


def _form(values: Sequence[Any]) -> str | None:
    """The format of these times, None where they are none."""
    first = values[0]
    try:
        number = abs(float(first))
    except ValueError:
        found = time_of([str(value) for value in values], whole=True)
        return found.format if found is not None else None
    if number < 10**8:  # before 1973: a count of something else
        return None
    return next((unit for most, unit in _UNITS if number < most), "unix_ns")
