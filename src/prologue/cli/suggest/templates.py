"""Lines of free form: the sentences of which they are made, as grok expressions.

A time at the start of most lines is found first, then a level after it. In what is left, words that vary
become captures: lines are clustered as for patterns in the UI (`prologue.query.drain`), and what a capture
is (a number, an address, ...) is told by the words it stood for. Its name is that of `name=` or `name:`
before it, else its kind.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from prologue.cli.suggest.yaml import Stage
from prologue.query.drain import ANY, cluster

_MOST_TEMPLATES = 8
_LEAST = 0.02
"""A template of fewer lines than this share is not worth an expression."""
_SAMPLE = 200
_USUAL = 0.7

_WITH_DIGIT = r"[A-Za-z0-9_]*[0-9][A-Za-z0-9_]*"
_VARIABLE = re.compile(rf"{_WITH_DIGIT}(?:[-.:,/+]{_WITH_DIGIT})*")
_LEVELS = "trace|debug|info|notice|warn(?:ing)?|error|err|crit(?:ical)?|fatal|severe"
_LEVEL = re.compile(rf"(?i)^[^A-Za-z0-9]{{0,3}}({_LEVELS}|panic)\b")
_CLOCK = r"\d\d:\d\d:\d\d"
_FRACTION = r"[.,]\d{1,9}"


@dataclass(frozen=True, slots=True)
class Time:
    """How times look: a regular expression, the grok that matches them, the format that reads them."""

    regex: str
    grok: str
    format: str


_TIMES = (
    Time(rf"\d{{4}}-\d\d-\d\dT{_CLOCK}(?:{_FRACTION})?(?:Z|[+-]\d\d:?\d\d)", "TIMESTAMP_ISO8601", "rfc3339"),
    Time(rf"\d{{4}}-\d\d-\d\d[T ]{_CLOCK}(?:{_FRACTION})?", "TIMESTAMP_ISO8601", "auto"),
    Time(rf"\d{{4}}/\d\d/\d\d {_CLOCK}", "", "%Y/%m/%d %H:%M:%S"),
    Time(rf"\d\d/[A-Z][a-z]{{2}}/\d{{4}}:{_CLOCK} [+-]\d{{4}}", "HTTPDATE", "common_log"),
    Time(rf"[A-Z][a-z]{{2}} [ \d]\d {_CLOCK}", "SYSLOGTIMESTAMP", "rfc3164"),
    Time(rf"[A-Z][a-z]{{2}} [A-Z][a-z]{{2}} [ \d]\d {_CLOCK} \d{{4}}", "", "ansic"),
    Time(r"\d{10}(?:\.\d+)?", "NUMBER", "unix"),
    Time(r"\d{13}", "INT", "unix_ms"),
    Time(rf"{_CLOCK}(?:{_FRACTION})?", "TIME", "%H:%M:%S"),
)
# What a capture may be, the narrow before the wide; the last is a word.
_KINDS = (
    ("INT", r"[+-]?\d+", "number"),
    ("NUMBER", r"[+-]?\d+\.\d+", "number"),
    ("IP", r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]+:[0-9a-fA-F.]*", "ip"),
    ("UUID", r"[A-Fa-f0-9]{8}(?:-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}", "id"),
    ("UNIXPATH", r"(?:/[\w%!$@:.,+~-]*)+", "path"),
    ("LOGLEVEL", rf"(?i:{_LEVELS})", "level"),
    ("NOTSPACE", r"\S+", "value"),
    ("DATA", r".*", "value"),
)
_CAPTURED = re.compile(r":(\w+)}|\(\?<(\w+)>")
_NAMED = re.compile(r"([A-Za-z_][\w.-]*)\s*[=:]\s*[\"'\[(]?$")


def time_of(texts: Sequence[str], *, whole: bool = False) -> Time | None:
    """The time that most texts begin with, after an opening bracket perhaps; `whole`: that they are."""
    end = "$" if whole else ""
    for one in _TIMES:
        pattern = re.compile(rf"^[\[(]?{one.regex}{end}")
        if sum(pattern.match(text) is not None for text in texts) >= _USUAL * len(texts):
            return one
    return None


def mined(lines: Sequence[str]) -> tuple[list[Stage], str]:
    """Stages for lines of no known form, and what was found in them."""
    heads, rests = _heads(lines)
    shapes = Counter(_VARIABLE.sub(ANY, rest) for rest in rests)
    texts, places = cluster(shape for shape, _ in shapes.most_common())
    place_of = {shape: place for (shape, _), place in zip(shapes.most_common(), places, strict=True)}
    members: dict[int, list[int]] = {}
    for number, rest in enumerate(rests):
        members.setdefault(place_of[_VARIABLE.sub(ANY, rest)], []).append(number)
    kept = sorted(members.items(), key=lambda item: -len(item[1]))[:_MOST_TEMPLATES]
    patterns: dict[str, int] = {}
    for place, numbers in kept:
        head = Counter(heads[number] for number in numbers).most_common(1)[0][0]
        sample = [rests[number] for number in numbers[:_SAMPLE]]
        taken = [grok or group for grok, group in _CAPTURED.findall(head)]
        expression = f"^{head}{_grok(texts[place], sample, taken)}$"
        if len(numbers) >= _LEAST * len(lines) and "%{" in expression:
            patterns[expression] = len(numbers)
    if not patterns:
        return [], ""
    stages = [Stage("grok", patterns=tuple(patterns))]
    time = time_of(lines)
    if time is not None:
        stages.append(Stage("timestamp", {"source": "time", "format": time.format}))
    if any(":level}" in pattern for pattern in patterns):
        stages.append(Stage("severity", {"source": "level"}))
    share = 100 * sum(patterns.values()) / len(lines)
    kinds = (
        "1 kind of line, which makes" if len(patterns) == 1 else f"{len(patterns)} kinds of lines, which make"
    )
    return stages, f"{kinds} up {share:.0f}% of these"


def _heads(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """For each line the grok of its time and level, and what comes after them."""
    time = time_of(lines)
    heads, rests = [], []
    pattern = re.compile(rf"^([\[(]?)({time.regex})") if time is not None else None
    for line in lines:
        head, rest = "", line
        if time is not None and pattern is not None and (found := pattern.match(line)):
            named = f"%{{{time.grok}:time}}" if time.grok else f"(?<time>{time.regex})"
            head, rest = re.escape(found[1]) + named, line[found.end() :]
        if level := _LEVEL.match(rest):
            between = rest[: level.start(1)]
            head, rest = f"{head}{_escaped(between)}%{{LOGLEVEL:level}}", rest[level.end() :]
        heads.append(head)
        rests.append(rest)
    return heads, rests


def _grok(template: str, sample: Sequence[str], taken: Sequence[str]) -> str:
    """The template's expression: literal text, and a capture for each place that varies, under a name that
    is not `taken` before it."""
    literals = template.split(ANY)
    matcher = re.compile("(.*?)".join(map(re.escape, literals)) + "$", re.S)
    found = [match.groups() for line in sample if (match := matcher.match(line))]
    parts = [_escaped(literals[0])]
    used = Counter(taken)
    for number, literal in enumerate(literals[1:]):
        values = [groups[number] for groups in found]
        kind, name = _kind(values)
        said = _NAMED.search(literals[number])
        name = said[1] if said else name
        used[name] += 1
        unique = name if used[name] == 1 else f"{name}{used[name]}"
        parts.append(f"%{{{kind}:{unique}}}{_escaped(literal)}")
    return "".join(parts)


def _kind(values: Sequence[str]) -> tuple[str, str]:
    for kind, regex, name in _KINDS[:-1]:
        if values and all(re.fullmatch(regex, value) for value in values):
            return kind, name
    return _KINDS[-1][0], _KINDS[-1][2]


def _escaped(text: str) -> str:
    """As a regular expression, with blanks as they are."""
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text)
