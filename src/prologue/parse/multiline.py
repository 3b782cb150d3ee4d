r"""Lines that belong together, joined by the engine, after a rule of `prologue.model.multiline`.

Text lines are joined before the engine sees them: RE2 (in Arrow) says of each line whether it begins a
record, and only the last line end of each record stays an end. Lines that a container runtime wrapped
are joined by the engine once they are unwrapped, and so are those of the stage `multiline`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from prologue.model.errors import PayloadError
from prologue.model.multiline import Rule
from prologue.parse.columns import quoted

_Flags = npt.NDArray[np.bool_]


def require_expressions(rule: Rule) -> None:
    """Raises PayloadError where RE2 does not read one of the rule's expressions."""
    nothing = pa.array([b""], pa.large_binary())
    for pattern in rule.patterns():
        try:
            pc.match_substring_regex(nothing, pattern)
        except pa.ArrowInvalid as error:
            raise PayloadError(
                f"multiline: the expression {pattern!r} is wrong: {error}", cure="write it in RE2's syntax"
            ) from None


def begins(lines: pa.Array[Any], rule: Rule) -> _Flags:
    """Whether each line begins a record. Lines may have their line end, which no expression sees."""
    # Only types of text can be trimmed; nothing looks whether it is UTF-8.
    lines = pc.ascii_rtrim(lines.view(pa.large_utf8()), characters="\r\n").view(pa.large_binary())
    if rule.start:
        first = _matches(lines, rule.start)
    else:
        first = ~_matches(lines, rule.continuation)
        for before, line in rule.pairs:
            first[1:] &= ~(_matches(lines, before)[:-1] & _matches(lines, line)[1:])
    return first & ~_matches(lines, r"^\s*$")


def _matches(lines: pa.Array[Any], pattern: str) -> _Flags:
    flags: _Flags = pc.match_substring_regex(lines, pattern).to_numpy(zero_copy_only=False)
    return flags


def begins_sql(rule: Rule, body: str, over: str, bind: Callable[[str], str] = quoted) -> str:
    """The same of the column `body`, as an expression; `over` is a window of lines in their order.

    `bind` makes an expression of a text.
    """

    def match(pattern: str) -> str:
        return f"match({body}, {bind(f'(?-s:{pattern})')})"

    if rule.start:
        first = match(rule.start)
    else:
        first = f"NOT {match(rule.continuation)}"
        for before, line in rule.pairs:
            was = f"lagInFrame({match(before)}) OVER ({over} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"
            first = f"{first} AND NOT ({match(line)} AND {was})"
    return f"({first} AND notEmpty(trimBoth({body}, ' \\t\\r\\n')))"


def joined_sql(lines: str, rule: Rule) -> str:
    """A SELECT of the unwrapped lines of containers: one row for each record, within each stream.

    `lines` yields tenant, labels, ok, stream, time, observed and body.
    """
    over = "PARTITION BY tenant, labels, stream ORDER BY observed"
    first = f"(NOT ok OR {begins_sql(rule, 'body', over)})"
    number = f"sum(begins) OVER ({over} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    texts = "arrayMap(l -> l.2, arraySort(l -> l.1, groupArray((line_observed, line_body))))"
    return f"""
SELECT tenant, labels, ok, stream, argMin(line_time, line_observed) AS time, min(line_observed) AS observed,
    trimRight(arrayStringConcat({texts}, '\\n'), '\\r\\n') AS body
FROM (
    SELECT tenant, labels, ok, stream, time AS line_time, observed AS line_observed, body AS line_body,
        {number} AS record
    FROM (SELECT *, {first} AS begins FROM ({lines}))
)
GROUP BY tenant, labels, stream, ok, record"""
