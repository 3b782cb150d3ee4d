"""`severity`: the level of a line by a field of it, in words or numbers of its own.

The common words and abbreviations are known (`prologue.parse.finish`); `map` says what others mean.
Without this stage a level is still looked for, in attributes such as `level` and in the text.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import expr
from prologue.parse.columns import array
from prologue.parse.levels.sql import named_level
from prologue.parse.levels.words import LEVELS
from prologue.parse.pipelines.document import Options, near
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.kind import StageKind

# OpenTelemetry's numbers; it has none of its own for what syslog calls critical, so the text counts.
_NUMBERS = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}
_LEVELS = LEVELS[:-1]


@dataclass(frozen=True, slots=True)
class Severity:
    """`words` are pairs of what the field says, in lower case, and the level it means.

    `override`: whether the level takes the place of one that the line came with. Where it does not, it still
    does so for "info", which is what senders say who do not know.
    """

    source: str
    words: tuple[tuple[str, str], ...]
    override: bool = True


def read(options: Options) -> Severity:
    words = tuple((word.lower(), level.lower()) for word, level in options.mapping("map", {}).items())
    for word, level in words:
        if level not in _LEVELS:
            options.refuse("map", f"{word}: there is no level {level!r}", near(level, _LEVELS))
    return Severity(options.text("source"), words, options.flag("override", True))


def lower(node: Severity, rows: Rows) -> None:
    said = rows.source(node.source)
    if not node.override:
        given, word = rows.column("severity_number"), rows.column("severity_text")
        free = f"({given} = 0 AND {word} = '') OR {given} = {_NUMBERS['info']}"
        said = rows.compute(expr(f"if({free}, {said}, '')", said, given, word))
    meant = said
    if node.words:
        words = rows.bindings.texts(word for word, _ in node.words)
        levels = rows.bindings.texts(level for _, level in node.words)
        meant = rows.compute(expr(f"transform(lower({said}), {words}, {levels}, {said})", said))
    level = rows.compute(expr(named_level(meant.sql), meant))
    numbers = f"[{', '.join(map(str, _NUMBERS.values()))}]"
    number = f"transform({level}, {array(list(_NUMBERS))}, {numbers}, 0)"
    old = rows.column("severity_number")
    rows.found("severity_text", meant)
    # A number the line came with would win over the word.
    rows.assign("severity_number", expr(f"if({level} = '', {old}, toUInt8({number}))", level, old))


STAGE = StageKind(read, lower, main="source")
