"""The script format of the semantic tests: load these lines, evaluate this query, expect exactly this.

    load
      {app="a"}
        0s one line, as it is to the end
        1m [trace_id="x", k.v="y"] a line with structured metadata

    lines from 0s to 5m [limit 10] [forward] [categorize] [levels] {app="a"} |= "line"
      {app="a"}
        1m a line with structured metadata

    range from 0s to 2m step 1m count_over_time({app="a"}[1m])
      {app="a"} 1@0s 1@1m

    instant at 2m [ordered] count_over_time({app="a"}[5m])
      {app="a"} 2

    fail at 2m rate({app="a"} | json [5m])
      pipeline error

A file has one `load` and any number of evaluations; each must expect something (`nothing` where the
result is empty). Every load also gets noise: streams that no query of a script selects, and another
tenant with the very same lines, so that a query that reads too much is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from prologue.logql.log_nodes import MatchOp
from prologue.logql.parser import parse_matchers
from prologue.logql.units import parse_duration
from tests.query.loading import SECOND, Record

_HEAD = re.compile(r"(lines|range|instant|fail)\s+(.*)", re.S)
_OPTION = re.compile(r"(from|to|step|at|limit)\s+(\S+)\s*|(forward|categorize|levels|ordered)\b\s*")
_LINE = re.compile(r"(-?\S+)(?: \[(.*?)\])?(?: (.*))?$", re.S)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One query and what it must answer. `expected` are the lines below it, without indentation."""

    name: str
    kind: str
    query: str
    options: dict[str, str]
    expected: tuple[str, ...]

    def time(self, option: str, default: str = "0s") -> int:
        return duration(self.options.get(option, default))


@dataclass(frozen=True, slots=True)
class Script:
    """One file."""

    records: tuple[Record, ...]
    evaluations: tuple[Evaluation, ...]


def duration(text: str) -> int:
    """ns of a duration with an optional sign."""
    return -parse_duration(text[1:]) if text.startswith("-") else parse_duration(text)


def labels(text: str) -> dict[str, str]:
    """`{a="b"}` as a mapping."""
    matchers = parse_matchers(text, allow_empty=True)
    assert all(matcher.op is MatchOp.EQUAL for matcher in matchers)
    return {matcher.name: matcher.value for matcher in matchers}


def read_script(path: Path) -> Script:
    """Raises AssertionError where an evaluation expects nothing or a line cannot be read."""
    records: list[Record] = []
    evaluations: list[Evaluation] = []
    for number, block in _blocks(path.read_text()):
        head, *body = block
        if head == "load":
            records += _records(body)
        else:
            evaluations.append(_evaluation(f"{path.stem}:{number}", head, body))
    assert records, f"{path.name} loads nothing"
    return Script(tuple(records), tuple(evaluations))


def noise(records: tuple[Record, ...]) -> Iterator[Record]:
    """What every load gets besides its own lines."""
    for record in records:
        yield replace(record, tenant="somebody else")
    for index in range(50):
        line = f'level=error msg="noise {index}" status=500 dur=7ms {{"status":500}}'
        yield Record(index * 7 * SECOND, {"noise": "yes", "pod": f"n{index % 5}"}, line)


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Blocks of one unindented line and the indented lines below it, with the line's number."""
    number, block = 0, list[str]()
    for index, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("## "):
            continue
        if not line.startswith(" "):
            if block:
                yield number, block
            number, block = index, []
        block.append(line)
    if block:
        yield number, block


def _records(body: list[str]) -> Iterator[Record]:
    current: dict[str, str] | None = None
    for line in body:
        text = line.strip()
        if text.startswith("{") and line.startswith("  {"):
            current = labels(text)
            continue
        match = _LINE.match(line.lstrip())
        assert match and current is not None, f"cannot read {line!r}"
        metadata = _metadata(match.group(2) or "")
        yield Record(duration(match.group(1)), current, unescape(match.group(3) or ""), metadata)


def _metadata(text: str) -> dict[str, str]:
    return dict(re.findall(r'([^\s,=]+)="([^"]*)"', text))


def unescape(text: str) -> str:
    """`\\n`, `\\t` and `\\e` as the characters they stand for."""
    return text.replace("\\n", "\n").replace("\\e", "\x1b").replace("\\t", "\t")


def _evaluation(name: str, head: str, body: list[str]) -> Evaluation:
    match = _HEAD.match(head)
    assert match, f"{name}: cannot read {head!r}"
    kind, rest = match.groups()
    options: dict[str, str] = {}
    while option := _OPTION.match(rest):
        key, value, flag = option.groups()
        options[key or flag] = value or "yes"
        rest = rest[option.end() :]
    assert body, f"{name} expects nothing; write `nothing` where the result is empty"
    return Evaluation(name, kind, rest.strip(), options, tuple(line[2:] for line in body))
