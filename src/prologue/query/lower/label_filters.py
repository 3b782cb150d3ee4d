"""Label filters as conditions, with the errors they may add.

A comparison converts the label's value. Where that fails the line stays and `__error__` becomes
`LabelFilterErr`; a line that carries an error already passes every comparison, so that only a filter
on text can remove it. A label that is absent fails every comparison. Both sides of `and` are always
looked at, the right side of `or` only where the left one fails.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from prologue.logql.ip_pattern import parse_ip_pattern
from prologue.logql.log_nodes import (
    And,
    BytesComparison,
    Comparison,
    Condition,
    DurationComparison,
    IpMatch,
    LabelFilter,
    Matcher,
    MatchOp,
    Or,
)
from prologue.logql.lower import conversions
from prologue.logql.lower.ip_match import line_contains_ip
from prologue.logql.lower.matchers import match_condition
from prologue.logql.lower.sql import EMPTY, Expr, column, expr
from prologue.query.lower.environment import ERROR, Parsed, asks_for_errors
from prologue.query.lower.rows import Rows

LABEL_FILTER_ERROR = "'LabelFilterErr'"
_WHAT = {BytesComparison: "a byte size", DurationComparison: "a duration"}


@dataclass(frozen=True, slots=True)
class _Verdict:
    """`passes`: the line stays. `fails`: a conversion failed. `value` is the text that failed."""

    passes: Expr
    fails: tuple[tuple[Expr, Expr, str], ...] = ()
    keeps: tuple[Expr, ...] = ()


def filter_labels(rows: Rows, stage: LabelFilter) -> Rows:
    """The rows the filter lets through, with what it found wrong."""
    rows = _with_trace_hint(rows, stage.condition)
    rows, verdict = _judge(rows, stage.condition)
    rows = _with_errors(rows, verdict)
    if verdict.keeps:
        kept = " OR ".join(f"({part})" for part in (rows.env.preserved, *verdict.keeps))
        rows, preserved = rows.compute(expr(f"toUInt8({kept})", rows.env.preserved, *verdict.keeps))
        rows = replace(rows, env=replace(rows.env, preserved=preserved))
    return rows.where(verdict.passes)


def _with_trace_hint(rows: Rows, condition: Condition) -> Rows:
    """A weaker condition on the stored trace id, which its bloom filter answers.

    Only where the label still means the column or, where that is empty, something else.
    """
    env = rows.env
    parts = condition.parts if isinstance(condition, And) else (condition,)
    if "trace_id" in env.stream_names or not all(isinstance(change, Parsed) for change in env.changes):
        return rows
    for part in parts:
        if isinstance(part, Matcher) and (part.name, part.op) == ("trace_id", MatchOp.EQUAL) and part.value:
            wanted = env.bindings.text(part.value)
            rows = rows.where(Expr(f"trace_id IN ({wanted}, '')", frozenset({"trace_id"})))
    return rows


def _with_errors(rows: Rows, verdict: _Verdict) -> Rows:
    if not verdict.fails:
        return rows
    env = rows.env
    cases, details = [], []
    for failed, value, what in verdict.fails:
        cases.append(f"{failed}, {LABEL_FILTER_ERROR}")
        details.append(f"{failed}, concat('cannot read \"', {value}, '\" as {what}')")
    parts = [part for failed, value, _ in verdict.fails for part in (failed, value)]
    had = f"{env.error} != ''"
    rows, error = rows.compute(
        expr(f"multiIf({had}, {env.error}, {', '.join(cases)}, '')", env.error, *parts)
    )
    rows, detail = rows.compute(
        expr(f"multiIf({had}, {env.details}, {', '.join(details)}, '')", env.error, env.details, *parts)
    )
    return replace(rows, env=replace(rows.env, error=error, details=detail))


def _judge(rows: Rows, condition: Condition) -> tuple[Rows, _Verdict]:
    if isinstance(condition, And | Or):
        return _judge_chain(rows, condition)
    if isinstance(condition, Matcher):
        return _judge_text(rows, condition)
    if isinstance(condition, IpMatch):
        return _judge_ip(rows, condition)
    return _judge_comparison(rows, condition)


def _judge_chain(rows: Rows, condition: And | Or) -> tuple[Rows, _Verdict]:
    verdicts: list[_Verdict] = []
    for part in condition.parts:
        rows, verdict = _judge(rows, part)
        if verdicts and verdict.fails:
            rows, verdict = _in_order(rows, verdict, verdicts, conjunction=isinstance(condition, And))
        verdicts.append(verdict)
    word = " AND " if isinstance(condition, And) else " OR "
    passes = [verdict.passes for verdict in verdicts]
    joined = expr(word.join(f"({part})" for part in passes), *passes)
    fails = tuple(fail for verdict in verdicts for fail in verdict.fails)
    return rows, _Verdict(joined, fails, tuple(keep for verdict in verdicts for keep in verdict.keeps))


def _in_order(
    rows: Rows, verdict: _Verdict, before: list[_Verdict], *, conjunction: bool
) -> tuple[Rows, _Verdict]:
    """What an earlier part does to a comparison: after an error it passes, after a true `or` it rests."""
    if conjunction:
        earlier = [failed for one in before for failed, _, _ in one.fails]
        if not earlier:
            return rows, verdict
        known = " OR ".join(f"({failed})" for failed in earlier)
        passes = expr(f"({known}) OR ({verdict.passes})", verdict.passes, *earlier)
        return rows, replace(verdict, passes=passes)
    passed = [one.passes for one in before]
    any_passed = " OR ".join(f"({part})" for part in passed)
    rows, skip = rows.compute(expr(f"toUInt8({any_passed})", *passed))
    fails = tuple(
        (expr(f"NOT {skip} AND ({failed})", skip, failed), value, what)
        for failed, value, what in verdict.fails
    )
    return rows, replace(verdict, fails=fails)


def _judge_text(rows: Rows, matcher: Matcher) -> tuple[Rows, _Verdict]:
    value = rows.env.value(matcher.name)
    passes = expr(match_condition(value.sql, matcher.op, matcher.value, rows.env.bindings), value)
    if matcher.name != ERROR or not asks_for_errors(matcher) or rows.env.error == EMPTY:
        return rows, _Verdict(passes)
    keep = expr(f"{rows.env.error} != '' AND ({passes})", rows.env.error, passes)
    return rows, _Verdict(passes, keeps=(keep,))


def _judge_ip(rows: Rows, condition: IpMatch) -> tuple[Rows, _Verdict]:
    rows, value = _present(rows, condition.name)
    inside = line_contains_ip(value.sql, parse_ip_pattern(condition.pattern), rows.env.bindings)
    hit = f"NOT {inside}" if condition.negative else inside
    passes = _unless_error(rows, expr(f"{value} != '' AND {hit}", value))
    return rows, _Verdict(passes)


def _judge_comparison(rows: Rows, condition: Comparison) -> tuple[Rows, _Verdict]:
    rows, text = _present(rows, condition.name)
    bindings = rows.env.bindings
    if isinstance(condition, DurationComparison):
        converted = conversions.duration(text, bindings)
    elif isinstance(condition, BytesComparison):
        converted = conversions.size(text, bindings)
    else:
        converted = conversions.number(text, bindings)
    rows, value = rows.compute(converted)
    operator = "=" if condition.op == "==" else condition.op.value
    compared = f"ifNull({value} {operator} {bindings.number(float(condition.value))}, 1)"
    passes = _unless_error(rows, expr(f"{text} != '' AND {compared}", text, value))
    fails = expr(f"{text} != '' AND isNull({value})", text, value)
    return rows, _Verdict(passes, ((fails, text, _WHAT.get(type(condition), "a number")),))


def _present(rows: Rows, name: str) -> tuple[Rows, Expr]:
    """The label's value as a column."""
    value = rows.env.value(name)
    return (rows, value) if value == column(value.sql) else rows.compute(value)


def _unless_error(rows: Rows, passes: Expr) -> Expr:
    if rows.env.error == EMPTY:
        return passes
    return expr(f"{rows.env.error} != '' OR ({passes})", rows.env.error, passes)
