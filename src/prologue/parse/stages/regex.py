"""`regex`: the named groups of a regular expression (RE2) become fields."""

from __future__ import annotations

from dataclasses import dataclass

from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.groups import GroupPattern, lower_patterns, read_patterns
from prologue.parse.stages.kind import StageKind


@dataclass(frozen=True, slots=True)
class Regex:
    """Expressions tried in order."""

    source: str
    patterns: tuple[GroupPattern, ...]


def read(options: Options) -> Regex:
    return Regex(options.text("source", "body"), read_patterns(options, "pattern"))


def lower(node: Regex, rows: Rows) -> None:
    why = "the text does not match the expression"
    lower_patterns(node.patterns, rows.source(node.source), rows, kind="RegexParserErr", why=why)


STAGE = StageKind(read, lower, main="pattern")
