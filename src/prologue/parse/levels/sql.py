"""Levels as the engine finds them: expressions over the stage."""

from __future__ import annotations

from collections.abc import Sequence

from prologue.parse.columns import ParseOptions, array, quoted
from prologue.parse.levels.words import (
    ALONE,
    ALONE_IN_CAPITALS,
    CODES,
    LEVEL_KEYS,
    LEVELS,
    MEANINGS,
    SEVERITIES,
)

# The level as a stream label, as pipelines of Promtail and handlers of many languages set it. One look at
# the label set's text, and that once for each distinct set: a quote inside of a value is escaped there.
LABELLED = r'"(?i:(?:detected_|log_?)?level|lvl|severity|severity_text)":"([^"]*)"'

# What is looked for in the first 256 bytes of a line, in order: a level said as a key's value; the letter
# at the start of klog's, glog's, CockroachDB's and Ruby's lines and in MongoDB's ("E1123 13:45:23.419447
# 1 main.go:164] ..."); a level word that stands alone; MySQL's and .NET's console. The third finds prose too.
_KEYED = r"""(?i)(?:\b(?:log_?)?(?:level|lvl|severity)|"@l)["']?\s*[=:]\s*["']?([a-z]+|[1-6]0\b)"""
_LETTER = (
    r"""^(?:\{"t":\{"\$date":"[^"]*"\},\s*"s":\s*")?([IWEFD])(?:(?:\d\d){2,4} \d\d:\d\d:\d\d|, \[\d|\d?",)"""
)
_ALONE = (
    r"(?:^|[\s\[<(|:]|\x1b\[[0-9;]*m)"
    f"(?:(?i:{'|'.join(ALONE)})|{'|'.join(ALONE_IN_CAPITALS)})"
    r"(?:[\s\[\]>)|/:,\x1b]|$)"
)
_CONSOLE = r"(?:^| \[)(Note|System|dbug|trce|fail)(?:\] |: )"
# What may stand around a word that stands alone. No level begins or ends with any of it.
_AROUND = " \t\r\n\f\v[]<>()|:/,;0123456789m\x1b"

_START = "left(body, 256)"
# The word each way of saying finds. What a line must hold for it is asked first: that costs a third of the
# pattern or less, and most lines hold none of it. A word alone is the whole match with what surrounds it
# taken off: a group in the pattern would cost twice as much.
_GUESSES = (
    f"if({_START} ILIKE '%level%' OR {_START} ILIKE '%lvl%' OR {_START} ILIKE '%severity%' "
    f"OR position({_START}, '\"@l') > 0, "
    f"extract({_START}, {quoted(_KEYED)}), '')",
    f"if(substring(body, 1, 1) IN ('I', 'W', 'E', 'F', 'D', '{{'), extract({_START}, {quoted(_LETTER)}), '')",
    f"trimBoth(extract({_START}, {quoted(_ALONE)}), {quoted(_AROUND)})",
    f"if(multiSearchAny({_START}, ['Note', 'System', 'dbug', 'trce', 'fail']), "
    f"extract({_START}, {quoted(_CONSOLE)}), '')",
)
# A syslog priority (RFC 3164, RFC 5424; sd-daemon's prefix too), which relays often set by rote.
_PRIORITY = "extract(left(body, 8), '^<([0-9]{1,3})>')"
_BY_PRIORITY = ("fatal", "critical", "critical", "error", "warn", "info", "info", "debug")


def named_level(word: str) -> str:
    """The expression for the level that a word means; '' where it means none."""
    return f"transform(lower({word}), {array(list(MEANINGS))}, {array(list(MEANINGS.values()))}, '')"


def _code(word: str) -> str:
    """The code of the level that a word means; 0 where it means none.

    Levels are told apart by codes until one is chosen: columns of texts cost twice as much.
    """
    codes = [CODES[level] for level in MEANINGS.values()]
    return f"transform(lower({word}), {array(list(MEANINGS))}, {codes}, 0)"


def level_of_row(options: ParseOptions) -> str:
    """The level of a staged row, where none was decided; '' where none is wanted."""
    if not options.discover_log_levels:
        return "''"
    ranges = ", ".join(f"severity_number >= {least}, {CODES[level]}" for least, level in SEVERITIES)
    said = (
        f"multiIf({ranges}, 0)",
        f"if(severity_text = '', 0, {_code('severity_text')})",
        *_said_beside("labels", "stage.attributes"),
    )
    found = _first([*said, _code_of_body()])
    return f"if(stage.level != '', toString(stage.level), {_spelled(found)})"


def level_beside(labels: str, attributes: str) -> str:
    """The level that the label set or the attributes of a line say, where nothing is said of its severity; ''
    where neither does: then the line itself is to be looked at."""
    return _spelled(_first(_said_beside(labels, attributes)))


def _said_beside(labels: str, attributes: str) -> list[str]:
    place = f"arrayFirstIndex(k -> k IN {array(LEVEL_KEYS)}, mapKeys({attributes}))"
    return [_code(f"extract({labels}, {quoted(LABELLED)})"), _code(f"mapValues({attributes})[{place}]")]


def _first(codes: Sequence[str]) -> str:
    """The first code that is not 0, the last one where there is none."""
    *before, last = codes
    branches = [f"({code} AS said_{number}) != 0, said_{number}" for number, code in enumerate(before)]
    return f"multiIf({', '.join([*branches, last])})"


def level_of_body() -> str:
    """The level that a line says of itself; the same rules as those of `levels.c`."""
    return _spelled(_code_of_body())


def _spelled(code: str) -> str:
    return f"transform({code}, {list(CODES.values())}, {array(LEVELS)}, '')"


def _code_of_body() -> str:
    """The first way of saying it that finds one, each asked only for the rows that those before it left open.

    Of NULLs and not one multiIf, which would make every guess twice: as a condition and as a value.
    """
    by_priority = [CODES[level] for level in _BY_PRIORITY]
    guesses = [
        *(_code(guess) for guess in _GUESSES),
        f"if(startsWith(body, '<') AND {_PRIORITY} != '', "
        f"{by_priority}[toUInt16OrZero({_PRIORITY}) % 8 + 1], 0)",
    ]
    found = ", ".join(f"nullIf({guess}, 0)" for guess in guesses)
    return f"coalesce({found}, {CODES['unknown']})"
