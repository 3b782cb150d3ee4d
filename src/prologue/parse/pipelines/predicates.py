"""Conditions on lines: LogQL's own filters, read by LogQL's own grammar, asked of a line on its way in.

One language for asking and for parsing. Two things differ from a query, because a pipeline decides what is
kept: a comparison with a value that cannot be read does not hold (a query lets the line through with an
error), and all names are looked up in the line's fields first and among its labels then.

A name of LogQL has no dots; `http_status` also finds the attribute `http.status`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from prologue.logql.cursor import Cursor
from prologue.logql.ip_pattern import parse_ip_pattern
from prologue.logql.log_nodes import (
    And,
    BytesComparison,
    Condition,
    DurationComparison,
    IpMatch,
    LabelFilter,
    LineFilter,
    Matcher,
    Or,
    Stage,
)
from prologue.logql.lower import conversions
from prologue.logql.lower.ip_match import line_contains_ip
from prologue.logql.lower.line_filters import line_condition
from prologue.logql.lower.matchers import match_condition
from prologue.logql.lower.sql import Bindings, Expr, column, expr
from prologue.logql.parse_log import parse_pipeline, parse_selector
from prologue.logql.tokens import Kind
from prologue.model.errors import QueryError
from prologue.parse.pipelines.document import Place, refuse
from prologue.parse.pipelines.nodes import Match, Predicate
from prologue.parse.pipelines.rows import Rows

Found = TypeVar("Found")

_CURE = 'write filters such as level="error", status >= 500 or |= "healthz"'


def read_predicate(text: str, place: Place) -> Predicate:
    """Line filters and label filters; the first label filter needs no `|` before it."""
    led = text.strip()
    prefix = "" if led.startswith(("|", "!")) else "| "
    filters = _read(prefix + led, place, len(prefix), lambda cursor: _filters(cursor, place))
    if not filters:
        refuse(place, "the condition is empty", _CURE)
    return Predicate(filters, text)


def read_match(text: str, place: Place, *, unparsed: bool = False) -> Match:
    """A selector, then filters: a log query without parsers."""

    def both(cursor: Cursor) -> Match:
        matchers = parse_selector(cursor) if cursor.peek().is_operator("{") else ()
        return Match(matchers, _filters(cursor, place), unparsed, text)

    return _read(text, place, 0, both)


def _read(text: str, place: Place, prefix: int, read: Callable[[Cursor], Found]) -> Found:
    try:
        cursor = Cursor(text)
        found = read(cursor)
        if cursor.peek().kind is not Kind.END:
            cursor.fail(f"unexpected {cursor.peek().describe()}", _CURE)
    except QueryError as error:
        at = "" if error.position is None else f", at character {error.position.offset - prefix + 1} of it"
        refuse(place, f"in `{text[prefix:]}`: {error.message}{at}", error.cure)
    return found


def _filters(cursor: Cursor, place: Place) -> tuple[LineFilter | LabelFilter, ...]:
    filters: list[LineFilter | LabelFilter] = []
    for stage in parse_pipeline(cursor):
        if not isinstance(stage, LineFilter | LabelFilter):
            refuse(place, f"a condition filters; it has no stage {_name(stage)}", _CURE)
        filters.append(stage)
    return tuple(filters)


def _name(stage: Stage) -> str:
    return type(stage).__name__


def holds(predicate: Predicate | Match, rows: Rows) -> Expr | None:
    """Whether all filters let the line through; None where there are none."""
    parts = []
    for one in predicate.filters:
        if isinstance(one, LineFilter):
            parts.append(line_condition(one, rows.column("body"), rows.bindings))
        else:
            parts.append(_condition(one.condition, rows))
    return expr(" AND ".join(f"({part})" for part in parts), *parts) if parts else None


def selects(match: Match, labels: str, bindings: Bindings) -> str:
    """Whether the matchers fit a canonical label set: an expression over that one column."""
    return " AND ".join(
        match_condition(f"JSONExtractString({labels}, {bindings.text(m.name)})", m.op, m.value, bindings)
        for m in match.matchers
    )


def _condition(condition: Condition, rows: Rows) -> Expr:
    if isinstance(condition, And | Or):
        word = " AND " if isinstance(condition, And) else " OR "
        parts = [_condition(part, rows) for part in condition.parts]
        return expr(word.join(f"({part})" for part in parts), *parts)
    value = rows.value(condition.name)
    if isinstance(condition, Matcher):
        return expr(match_condition(value.sql, condition.op, condition.value, rows.bindings), value)
    value = value if value == column(value.sql) else rows.compute(value)
    if isinstance(condition, IpMatch):
        inside = line_contains_ip(value.sql, parse_ip_pattern(condition.pattern), rows.bindings)
        return expr(f"{value} != '' AND {f'NOT {inside}' if condition.negative else inside}", value)
    if isinstance(condition, DurationComparison):
        converted = conversions.duration(value, rows.bindings)
    elif isinstance(condition, BytesComparison):
        converted = conversions.size(value, rows.bindings)
    else:
        converted = conversions.number(value, rows.bindings)
    operator = "=" if condition.op == "==" else condition.op.value
    number = rows.bindings.number(float(condition.value))
    return expr(f"ifNull({converted} {operator} {number}, false)", converted)
