"""What pipelines made of sample lines, for people and for programs; and what they are compiled to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click
import orjson

from prologue.parse.pipelines.compile import Outside, Program, Select
from prologue.parse.pipelines.rows import DETAILS, ERROR
from prologue.pipeline.trial import Trial, described, records

_SHOWN = 200


def as_json(trial: Trial) -> str:
    return orjson.dumps(described(trial), option=orjson.OPT_INDENT_2).decode() + "\n"


def as_table(trial: Trial) -> str:
    """Each line as it came, and below it what it has become."""
    return "".join(f"{line}\n" for line in _table(trial))


def _table(trial: Trial) -> Iterator[str]:
    before, after = records(trial.before), records(trial.after)
    paired = len(before) == len(after)
    if not paired:
        yield f"before: {len(before)} lines"
    for number, row in enumerate(after, 1):
        if paired:
            yield click.style(f"{number:>4}  {_cut(before[number - 1]['body'])}", bold=True)
        else:
            yield click.style(f"{number:>4}", bold=True)
        yield from _fields(row, before[number - 1] if paired else {})
    for tally in trial.tallies:
        gone = "joined to others or dropped" if tally.joins else "dropped"
        dropped = f", {tally.dropped} {gone}" if tally.dropped else ""
        failed = click.style(f", {tally.failed} failed", fg="red") if tally.failed else ""
        yield f"{tally.pipeline}: {tally.taken} lines{dropped}{failed}"
    if not trial.tallies:
        yield "no pipeline matches these lines; give --label NAME=VALUE, or --no-match"


def _fields(row: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    for name in ("timestamp", "level", "tenant", "trace_id", "span_id", "body"):
        if row.get(name, "") not in ("", before.get(name, "")):
            yield _field(name, row[name])
    for name, value in row["labels"].items():
        if before.get("labels", {}).get(name) != value:
            yield _field(f"label {name}", value)
    for name, value in row["attributes"].items():
        if before.get("attributes", {}).get(name) != value:
            yield _field(name, value, wrong=name in (ERROR, DETAILS))


def _field(name: str, value: str, *, wrong: bool = False) -> str:
    shown = click.style(_cut(value), fg="red") if wrong else _cut(value)
    return f"      {click.style(f'{name:<20}', dim=True)} {shown}"


def _cut(text: str) -> str:
    shown = text.replace("\n", "\\n")
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."


def explained(program: Program) -> str:
    """A program's SQL, `{rows}` being the lines it is given, and the values it binds."""
    pipeline = program.pipeline
    lines = [f"-- pipeline {pipeline.stamp}, from {pipeline.place}"]
    lines.append(f"-- label sets: {program.labels.sql or 'all'}")
    if program.taken is not None:
        lines += ["-- which lines", _laid_out(program.taken)]
    for part in program.parts:
        if isinstance(part, Outside):
            lines.append(f"-- outside the engine: {part.where}")
        else:
            lines += ["-- stages", _laid_out(part)]
    values = {**program.labels.parameters}
    for part in program.parts:
        if isinstance(part, Select):
            values |= part.parameters
    lines += [f"-- {name} = {value!r}" for name, value in values.items()]
    return "\n".join(lines) + "\n\n"


def _laid_out(select: Select) -> str:
    """One SELECT a line."""
    return select.sql.replace("), n_q", "),\nn_q").replace(") SELECT", ")\nSELECT") + ";"
