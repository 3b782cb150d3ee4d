"""Fields by the groups of regular expressions, tried in order: what `regex`, `grok` and others stand on.

Only groups that are fields capture: each one more costs time. The engine compiles the expression (RE2,
linear in the text); it is scanned here so that mistakes are told at their character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prologue.logql.lower.sql import Expr, expr
from prologue.logql.problems import TextProblem
from prologue.logql.regex import scan_regex
from prologue.parse.grok import expressions
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import Rows

_NAMED = re.compile(r"\(\?P?<([a-zA-Z_][a-zA-Z0-9_]*)>")
_SKIPPED = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]", re.S)
MAX_PATTERN = 20_000


@dataclass(frozen=True, slots=True)
class GroupPattern:
    """An RE2 expression and the field of each of its groups, in order; `.` stops at line breaks.

    `fast` is a cheaper expression with the same groups (`prologue.parse.grok.relax`), or empty. `types` are
    those of the groups, where there are any.
    """

    regex: str
    names: tuple[str, ...]
    fast: str = ""
    types: tuple[str, ...] = ()


def group_pattern(source: str) -> GroupPattern:
    """Raises TextProblem where the expression is none, or names no group.

    >>> group_pattern(r"(GET|PUT) (?P<path>\\S+) [(]")
    GroupPattern(regex='(?:GET|PUT) (\\\\S+) [(]', names=('path',), fast='', types=())
    """
    if len(source) > MAX_PATTERN:
        raise TextProblem(f"the expression has {len(source)} characters", 0, f"use at most {MAX_PATTERN}")
    if not scan_regex(source).named:
        raise TextProblem("the expression names no group", 0, "name what it finds: (?P<status>[0-9]+)")
    parts, names, at = [], [], 0
    while at < len(source):
        if skipped := _SKIPPED.match(source, at):
            parts.append(skipped.group())
            at = skipped.end()
        elif named := _NAMED.match(source, at):
            parts.append("(")
            names.append(named.group(1))
            at = named.end()
        else:
            parts.append("(?:" if source[at] == "(" and source[at + 1 : at + 2] != "?" else source[at])
            at += 1
    return GroupPattern("".join(parts), tuple(names))


def read_patterns(options: Options, option: str) -> tuple[GroupPattern, ...]:
    """One expression, or several of which the first that matches counts."""
    found = []
    for source in options.texts(option):
        try:
            found.append(group_pattern(source))
        except TextProblem as problem:
            options.refuse(
                option, f"in `{source}`, at character {problem.offset + 1}: {problem.message}", problem.cure
            )
    return tuple(found)


def lower_patterns(
    patterns: tuple[GroupPattern, ...], text: Expr, rows: Rows, *, kind: str, why: str
) -> None:
    """Sets the fields of the first pattern that matches; the lines that none matches fail."""
    matches: list[tuple[Expr, GroupPattern]] = []
    for pattern in patterns:
        call = expressions.groups(text.sql, pattern.regex, pattern.fast, rows.bindings.text)
        if matches:
            earlier = [groups for groups, _ in matches]
            missed = " AND ".join(f"empty({groups})" for groups in earlier)
            value = expr(f"if({missed}, {call}, [])", text, *earlier)
        else:
            value = expr(call, text)
        matches.append((rows.compute(value), pattern))
    groups = [found for found, _ in matches]
    rows.fail(expr(" AND ".join(f"empty({found})" for found in groups), *groups), kind, why)
    for name in dict.fromkeys(name for pattern in patterns for name in pattern.names):
        rows.found(name, rows.compute(_field(name, matches)))


def _field(name: str, matches: list[tuple[Expr, GroupPattern]]) -> Expr:
    """The field's value: of equal names in one pattern the first that is not empty."""
    values = []
    for groups, pattern in matches:
        places = [number for number, other in enumerate(pattern.names, 1) if other == name]
        for place in places:
            kind = pattern.types[place - 1] if pattern.types else ""
            values.append(expr(expressions.typed(f"{groups}[{place}]", kind), groups))
    if len(values) == 1:
        return values[0]
    branches = ", ".join(f"{value} != '', {value}" for value in values[:-1])
    return expr(f"multiIf({branches}, {values[-1]})", *values)
