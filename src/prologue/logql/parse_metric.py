"""Metric expressions: ranges, aggregations, functions, and operators by precedence.

Next chapter: `prologue.logql.checks`, what the grammar alone cannot refuse.
"""

from __future__ import annotations

from prologue.logql.cursor import Cursor
from prologue.logql.log_nodes import LabelFilter, LogQuery, Stage
from prologue.logql.metric_nodes import (
    BinaryOp,
    BinaryOperation,
    Conversion,
    Grouping,
    GroupSide,
    LabelReplace,
    LogRange,
    Matching,
    Metric,
    NumberLiteral,
    Query,
    RangeAggregation,
    RangeOp,
    Unwrap,
    VectorAggregation,
    VectorLiteral,
    VectorOp,
)
from prologue.logql.parse_filters import COMPARE_OPERATORS, MATCH_OPERATORS, parse_condition
from prologue.logql.parse_log import parse_log_query, parse_pipeline, parse_selector, starts_unwrap
from prologue.logql.regex import scan_regex
from prologue.logql.tokens import Kind, Token

_SYMBOLS = {op.value: op for op in BinaryOp}
_CONVERSIONS = {conversion.value: conversion for conversion in Conversion if conversion.value}
_RANGE_OPS = frozenset(op.value for op in RangeOp)
_FUNCTIONS = (*(op.value for op in RangeOp), *(op.value for op in VectorOp), "vector", "label_replace")
_UNSUPPORTED = {"variants": "send the aggregations as separate queries"}


def parse_expression(cursor: Cursor, least: int = 0) -> Query:
    """An expression whose operators bind at least as tightly as `least` (precedence climbing)."""
    with cursor.nested():
        left = _primary(cursor)
        while (op := _peek_operator(cursor)) is not None and op.precedence >= least:
            token = cursor.advance()
            returns_bool, matching = _modifiers(cursor)
            right = parse_expression(cursor, op.precedence + (op is not BinaryOp.POWER))
            left_metric, right_metric = _operand(cursor, left, token), _operand(cursor, right, token)
            left = BinaryOperation(op, left_metric, right_metric, returns_bool, matching, token.offset)
        return left


def _peek_operator(cursor: Cursor) -> BinaryOp | None:
    token = cursor.peek()
    known = token.kind is Kind.OPERATOR or token.is_word("or", "and", "unless")
    return _SYMBOLS.get(token.text) if known else None


def _operand(cursor: Cursor, side: Query, operator: Token) -> Metric:
    if isinstance(side, LogQuery):
        cure = "wrap the log query in an aggregation such as count_over_time({...}[5m])"
        cursor.fail(f"`{operator.text}` needs numbers, not log lines", cure, operator.offset)
    return side


def _primary(cursor: Cursor) -> Query:
    token = cursor.peek()
    if token.is_operator("{"):
        return parse_log_query(cursor)
    if cursor.accept("("):
        inner = parse_expression(cursor)
        cursor.expect(")", "close the parenthesis")
        return inner
    if token.kind is Kind.NUMBER or token.is_operator("+", "-"):
        return NumberLiteral(_number(cursor), token.offset)
    if token.kind is Kind.IDENTIFIER:
        return _function(cursor)
    raise cursor.error(
        f"expected a query, found {token.describe()}",
        'write a log query such as {app="checkout"}, or a metric query such as rate({app="checkout"}[5m])',
    )


def _number(cursor: Cursor) -> float:
    sign = cursor.accept("+", "-")
    token = cursor.expect_kind(Kind.NUMBER, "write a number")
    value = float(token.value)
    return -value if sign is not None and sign.text == "-" else value


def _function(cursor: Cursor) -> Metric:
    name = cursor.advance()
    if name.text in _UNSUPPORTED:
        cursor.fail(f"`{name.text}` is not supported", _UNSUPPORTED[name.text], name.offset)
    if name.text not in _FUNCTIONS:
        otherwise = 'log queries start with a selector such as {app="checkout"}'
        cure = cursor.did_you_mean(name.text, _FUNCTIONS, otherwise)
        cursor.fail(f"unknown function `{name.text}`", cure, name.offset)
    if name.text == "vector":
        return _vector(cursor, name)
    if name.text == "label_replace":
        return _label_replace(cursor, name)
    if name.text in _RANGE_OPS:
        return _range_aggregation(cursor, name)
    return _vector_aggregation(cursor, name)


def _open(cursor: Cursor, name: Token, arguments: str) -> None:
    cursor.expect("(", f"write {name.text}({arguments})")


def _close(cursor: Cursor, name: Token) -> None:
    cursor.expect(")", f"close {name.text}(...)")


def _vector(cursor: Cursor, name: Token) -> VectorLiteral:
    _open(cursor, name, "0")
    value = _number(cursor)
    _close(cursor, name)
    return VectorLiteral(value, name.offset)


def _label_replace(cursor: Cursor, name: Token) -> LabelReplace:
    usage = 'label_replace(expression, "target", "replacement", "source", "regex")'
    _open(cursor, name, usage[len("label_replace(") : -1])
    expression = _metric(cursor, name)
    texts: list[Token] = []
    for _ in range(4):
        cursor.expect(",", f"write {usage}")
        texts.append(cursor.expect_string(f"write {usage}"))
    _close(cursor, name)
    target, replacement, source, regex = texts
    cursor.inner(regex, scan_regex)
    return LabelReplace(
        expression,
        target=str(target.value),
        replacement=str(replacement.value),
        source=str(source.value),
        regex=str(regex.value),
        at=name.offset,
    )


def _metric(cursor: Cursor, name: Token) -> Metric:
    at = cursor.peek().offset
    inner = parse_expression(cursor)
    if isinstance(inner, LogQuery):
        cure = f"aggregate the lines first: {name.text}(count_over_time({{...}}[5m]))"
        cursor.fail(f"`{name.text}` needs numbers, not log lines", cure, at)
    return inner


def _parameter(cursor: Cursor) -> float | None:
    """A number before a comma: the parameter of topk, quantile_over_time and the like."""
    signed = cursor.peek().is_operator("+", "-")
    if cursor.peek(signed).kind is not Kind.NUMBER or not cursor.peek(1 + signed).is_operator(","):
        return None
    value = _number(cursor)
    cursor.advance()
    return value


def _vector_aggregation(cursor: Cursor, name: Token) -> VectorAggregation:
    grouping = _grouping(cursor)
    _open(cursor, name, 'rate({app="checkout"}[5m])')
    parameter = _parameter(cursor)
    expression = _metric(cursor, name)
    _close(cursor, name)
    after = _grouping(cursor) if grouping is None else None
    return VectorAggregation(VectorOp(name.text), expression, parameter, grouping or after, name.offset)


def _range_aggregation(cursor: Cursor, name: Token) -> RangeAggregation:
    _open(cursor, name, '{app="checkout"}[5m]')
    parameter = _parameter(cursor)
    log_range = _log_range(cursor)
    _close(cursor, name)
    return RangeAggregation(RangeOp(name.text), log_range, parameter, _grouping(cursor), name.offset)


def _log_range(cursor: Cursor) -> LogRange:
    """The range may stand after the selector, at the end of the pipeline, or after parentheses."""
    with cursor.nested():
        if cursor.accept("("):
            return _parenthesised(cursor)
        at = cursor.peek().offset
        matchers = parse_selector(cursor)
        if cursor.peek().is_operator("["):
            range_ns, offset_ns = _window(cursor)
            stages, unwrap = _pipeline(cursor)
            return LogRange(LogQuery(matchers, stages, at), range_ns, offset_ns, unwrap)
        stages, unwrap = _pipeline(cursor)
        range_ns, offset_ns = _window(cursor)
        return LogRange(LogQuery(matchers, stages, at), range_ns, offset_ns, unwrap)


def _parenthesised(cursor: Cursor) -> LogRange:
    """After `(`: a whole range, or a log query whose range follows the `)`."""
    if cursor.peek().is_operator("("):
        inner = _log_range(cursor)
        cursor.expect(")", "close the parenthesis")
        return inner
    at = cursor.peek().offset
    matchers = parse_selector(cursor)
    window = _window(cursor) if cursor.peek().is_operator("[") else None
    stages, unwrap = _pipeline(cursor)
    window = _window(cursor) if window is None and cursor.peek().is_operator("[") else window
    cursor.expect(")", "close the parenthesis")
    if window is None:
        window = _window(cursor)
        if not stages and unwrap is None:
            stages, unwrap = _pipeline(cursor)
    return LogRange(LogQuery(matchers, stages, at), *window, unwrap)


def _pipeline(cursor: Cursor) -> tuple[tuple[Stage, ...], Unwrap | None]:
    stages = parse_pipeline(cursor)
    return stages, _unwrap(cursor) if starts_unwrap(cursor) else None


def _unwrap(cursor: Cursor) -> Unwrap:
    cursor.advance()
    at = cursor.advance().offset
    cure = "write | unwrap label, or | unwrap duration(label)"
    label = cursor.expect_kind(Kind.IDENTIFIER, cure)
    conversion = Conversion.NUMBER
    if cursor.accept("("):
        if label.text not in _CONVERSIONS:
            known = tuple(_CONVERSIONS)
            cursor.fail(f"unknown conversion `{label.text}`", f"use {', '.join(known)}", label.offset)
        conversion = _CONVERSIONS[label.text]
        label = cursor.expect_kind(Kind.IDENTIFIER, cure)
        cursor.expect(")", cure)
    filters: list[LabelFilter] = []
    while cursor.peek().is_operator("|"):
        cursor.advance()
        filters.append(_filter_after_unwrap(cursor))
    return Unwrap(label.text, conversion, tuple(filters), at)


def _filter_after_unwrap(cursor: Cursor) -> LabelFilter:
    is_name = cursor.peek().kind is Kind.IDENTIFIER
    if is_name and not cursor.peek(1).is_operator(*MATCH_OPERATORS, *COMPARE_OPERATORS):
        cure = "move it before the unwrap"
        cursor.fail(f"only label filters may follow unwrap, not `{cursor.peek().text}`", cure)
    return LabelFilter(parse_condition(cursor))


def _window(cursor: Cursor) -> tuple[int, int]:
    """`[5m] offset 1h` in ns."""
    cursor.expect("[", "a range such as [5m] must follow the log query")
    duration = cursor.expect_kind(Kind.DURATION, "write the range with its unit, for example [5m] or [1h30m]")
    if not cursor.accept("]"):
        cure = "close the range with `]`; LogQL has no subqueries"
        cursor.fail(f"expected `]`, found {cursor.peek().describe()}", cure)
    if not duration.value:
        cursor.fail("the range is empty", "write a range longer than 0s", duration.offset)
    offset = 0
    if cursor.accept_word("offset"):
        negative = cursor.accept("-") is not None
        amount = int(cursor.expect_kind(Kind.DURATION, "write offset 5m or offset -5m").value)
        offset = -amount if negative else amount
    return int(duration.value), offset


def _grouping(cursor: Cursor) -> Grouping | None:
    word = cursor.accept_word("by", "without")
    return None if word is None else Grouping(_names(cursor, word.text), word.text == "without")


def _names(cursor: Cursor, before: str) -> tuple[str, ...]:
    cure = f"write {before} (label, ...)"
    cursor.expect("(", cure)
    names: list[str] = []
    while not cursor.peek().is_operator(")"):
        names.append(cursor.expect_kind(Kind.IDENTIFIER, cure).text)
        if not cursor.accept(","):
            break
    cursor.expect(")", cure)
    return tuple(names)


def _modifiers(cursor: Cursor) -> tuple[bool, Matching | None]:
    returns_bool = cursor.accept_word("bool") is not None
    word = cursor.accept_word("on", "ignoring")
    if word is None:
        if cursor.peek().is_word("group_left", "group_right"):
            cursor.fail(
                f"`{cursor.peek().text}` needs on(...) or ignoring(...) before it", "name the shared labels"
            )
        return returns_bool, None
    labels = _names(cursor, word.text)
    side = cursor.accept_word("group_left", "group_right")
    include = _names(cursor, side.text) if side is not None and _includes(cursor) else ()
    return returns_bool, Matching(labels, word.text == "on", GroupSide(side.text) if side else None, include)


def _includes(cursor: Cursor) -> bool:
    """Whether the parenthesis after group_left holds labels, and is not the right operand itself."""
    if not cursor.peek().is_operator("("):
        return False
    if cursor.peek(1).is_operator(")"):
        return True
    return cursor.peek(1).kind is Kind.IDENTIFIER and cursor.peek(2).is_operator(",", ")")
