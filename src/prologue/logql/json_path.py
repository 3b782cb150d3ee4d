"""The path language of `| json name="path"`.

Field access (`request.method`, `headers["User-Agent"]`) and array access (`servers[0]`), nested as
deep as one likes; a bare name is the path to that property.

Source: Loki's documentation, "Log queries", JSON parser with parameters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from prologue.logql.problems import TextProblem
from prologue.logql.quoting import QuoteProblem, quote, read_quoted

_NAME = re.compile(r"[^\s.\[\]\"`]+")
_INDEX = re.compile(r"\[[ \t]*([0-9]+)[ \t]*\]")
_CURE = 'write a path such as request.headers["User-Agent"] or servers[0]'
MAX_INDEX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class JsonPath:
    """The keys (text) and array positions (numbers, from 0) to follow; `source` as the user wrote it."""

    steps: tuple[str | int, ...]
    source: str = field(compare=False, repr=False, default="")


def parse_json_path(source: str) -> JsonPath:
    """Raises `TextProblem` at the first character that belongs to no step.

    >>> parse_json_path('a.b[0]["c d"]').steps
    ('a', 'b', 0, 'c d')
    """
    steps: list[str | int] = []
    at = len(source) - len(source.lstrip())
    end = len(source.rstrip())
    if at >= end:
        raise TextProblem("the path is empty", 0, _CURE)
    while at < end:
        step, at = _step(source, at, first=not steps)
        steps.append(step)
    return JsonPath(tuple(steps), source)


def _step(source: str, at: int, *, first: bool) -> tuple[str | int, int]:
    if source[at] == "[":
        return _bracket(source, at)
    if source[at] == "." and not first:
        at += 1
    elif not first:
        raise TextProblem(f"unexpected `{source[at]}` in the path", at, _CURE)
    match = _NAME.match(source, at)
    if match is None:
        raise TextProblem("a property name is missing in the path", min(at, len(source) - 1), _CURE)
    return match.group(), match.end()


def _bracket(source: str, at: int) -> tuple[str | int, int]:
    index = _INDEX.match(source, at)
    if index:
        if int(index.group(1)) > MAX_INDEX:
            raise TextProblem("the array position is too large", at, _CURE)
        return int(index.group(1)), index.end()
    if source[at + 1 : at + 2] not in ('"', "`"):
        raise TextProblem("a quoted key or an array position must follow `[`", at, _CURE)
    try:
        key = read_quoted(source, at + 1)
    except QuoteProblem as problem:
        raise TextProblem(str(problem), problem.offset, problem.cure) from None
    if source[key.end : key.end + 1] != "]":
        raise TextProblem("`]` is missing in the path", min(key.end, len(source) - 1), _CURE)
    return key.value, key.end + 1


def print_json_path(path: JsonPath) -> str:
    """The path's canonical text."""
    parts: list[str] = []
    for step in path.steps:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif _NAME.fullmatch(step):
            parts.append(f".{step}" if parts else step)
        else:
            parts.append(f"[{quote(step)}]")
    return "".join(parts)
