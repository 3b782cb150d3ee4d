"""The frozen tree of a log query: a stream selector and a pipeline of stages.

Nodes are data: nothing here knows how a query runs. Two queries that mean the same text are equal
wherever they were written, so `at` (the offset in the source, for later errors) is not compared.

Next chapter: `prologue.logql.metric_nodes`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from prologue.logql.json_path import JsonPath
from prologue.logql.line_pattern import LinePattern
from prologue.logql.template_nodes import Template


class MatchOp(enum.StrEnum):
    """How a label is matched. Regular expressions match the whole value (anchored)."""

    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


class CompareOp(enum.StrEnum):
    """How a converted label value is compared."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    GREATER = ">"
    GREATER_EQUAL = ">="
    LESS = "<"
    LESS_EQUAL = "<="


class LineOp(enum.StrEnum):
    """How a line is filtered. Regular expressions match anywhere in the line (not anchored)."""

    CONTAINS = "|="
    NOT_CONTAINS = "!="
    REGEX = "|~"
    NOT_REGEX = "!~"
    PATTERN = "|>"
    NOT_PATTERN = "!>"

    @property
    def negative(self) -> bool:
        return self.value.startswith("!")


@dataclass(frozen=True, slots=True)
class Matcher:
    """`name <op> "value"`: in a selector, in a label filter, in drop and keep."""

    name: str
    op: MatchOp
    value: str
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Needle:
    """One alternative of a line filter: text, a regular expression, a line pattern, or an IP pattern."""

    text: str
    is_ip: bool = False
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LineFilter:
    """`|= "a" or "b"`: any needle matches. A negative operator keeps lines that no needle matches."""

    op: LineOp
    needles: tuple[Needle, ...]


@dataclass(frozen=True, slots=True)
class NumberComparison:
    """`name >= 5`."""

    name: str
    op: CompareOp
    value: float
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DurationComparison:
    """`name > 1m30s`; `value` in ns."""

    name: str
    op: CompareOp
    value: int
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BytesComparison:
    """`name < 20MB`; `value` in bytes."""

    name: str
    op: CompareOp
    value: int
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class IpMatch:
    """`name = ip("10.0.0.0/8")`, or `!=` where `negative`."""

    name: str
    pattern: str
    negative: bool = False
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more conditions."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more conditions."""

    parts: tuple[Condition, ...]


Comparison = NumberComparison | DurationComparison | BytesComparison
Condition = Matcher | Comparison | IpMatch | And | Or


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """`| <condition>`."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class JsonExtraction:
    """`name="path"` of `| json`."""

    name: str
    path: JsonPath
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LogfmtExtraction:
    """`name="key"` of `| logfmt`."""

    name: str
    key: str
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class JsonParser:
    """`| json`: every property, or only the extractions where there are any."""

    extractions: tuple[JsonExtraction, ...] = ()


@dataclass(frozen=True, slots=True)
class LogfmtParser:
    """`| logfmt`: every key, or only the extractions where there are any."""

    strict: bool = False
    keep_empty: bool = False
    extractions: tuple[LogfmtExtraction, ...] = ()


@dataclass(frozen=True, slots=True)
class PatternParser:
    """`| pattern "<ip> - <_>"`."""

    pattern: LinePattern


@dataclass(frozen=True, slots=True)
class RegexpParser:
    """`| regexp "(?P<name>re)"`; `names` are the named groups in order, `groups` their numbers."""

    pattern: str
    names: tuple[str, ...]
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UnpackParser:
    """`| unpack`: what Promtail's `pack` stage packed; `_entry` becomes the line."""


@dataclass(frozen=True, slots=True)
class LineFormat:
    """`| line_format "template"`: the template's output becomes the line."""

    template: Template


@dataclass(frozen=True, slots=True)
class LabelRename:
    """`target=source` of `| label_format`: the source label is gone afterwards."""

    target: str
    source: str
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LabelTemplate:
    """`target="template"` of `| label_format`."""

    target: str
    template: Template
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LabelFormat:
    """`| label_format a=b, c="template"`, applied in order."""

    formats: tuple[LabelRename | LabelTemplate, ...]


@dataclass(frozen=True, slots=True)
class Decolorize:
    """`| decolorize`: ANSI sequences are removed from the line."""


@dataclass(frozen=True, slots=True)
class DropLabels:
    """`| drop a, b="x"`: a label by name, or only where its value matches."""

    labels: tuple[str | Matcher, ...]


@dataclass(frozen=True, slots=True)
class KeepLabels:
    """`| keep a, b="x"`: every other label goes, but `__error__` and `__error_details__`."""

    labels: tuple[str | Matcher, ...]


Parser = JsonParser | LogfmtParser | PatternParser | RegexpParser | UnpackParser
Stage = LineFilter | LabelFilter | Parser | LineFormat | LabelFormat | Decolorize | DropLabels | KeepLabels


@dataclass(frozen=True, slots=True)
class LogQuery:
    """`{matchers} stages...`."""

    matchers: tuple[Matcher, ...]
    stages: tuple[Stage, ...] = ()
    at: int = field(default=0, compare=False, repr=False)
