"""The tree back to text: canonical LogQL that parses to an equal tree.

Parentheses appear only where precedence needs them. Used by `format_query`, `explain` and by every
error that shows a part of a query.
"""

from __future__ import annotations

from prologue.logql.log_nodes import LogQuery, Matcher
from prologue.logql.metric_nodes import (
    BinaryOp,
    BinaryOperation,
    Conversion,
    Grouping,
    LabelReplace,
    LogRange,
    Matching,
    Metric,
    NumberLiteral,
    Query,
    RangeAggregation,
    Unwrap,
    VectorLiteral,
)
from prologue.logql.print_stages import print_matcher, print_number, print_stage
from prologue.logql.quoting import quote
from prologue.logql.units import format_duration


def print_query(query: Query) -> str:
    """One line of canonical LogQL.

    >>> from prologue.logql.parser import parse_query
    >>> print_query(parse_query('sum(rate({a="b"}[60s]))by(x)'))
    'sum by (x) (rate({a="b"}[1m]))'
    """
    return _print_log(query) if isinstance(query, LogQuery) else _print_metric(query)


def print_selector(matchers: tuple[Matcher, ...]) -> str:
    """`{a="b", c=~"d"}`."""
    return "{" + ", ".join(map(print_matcher, matchers)) + "}"


def _print_log(query: LogQuery) -> str:
    return " ".join([print_selector(query.matchers), *map(print_stage, query.stages)])


def _print_metric(node: Metric) -> str:
    if isinstance(node, NumberLiteral):
        return print_number(node.value)
    if isinstance(node, VectorLiteral):
        return f"vector({print_number(node.value)})"
    if isinstance(node, LabelReplace):
        texts = ", ".join(map(quote, (node.target, node.replacement, node.source, node.regex)))
        return f"label_replace({_print_metric(node.expression)}, {texts})"
    if isinstance(node, BinaryOperation):
        return _print_operation(node)
    parameter = "" if node.parameter is None else f"{print_number(node.parameter)}, "
    if isinstance(node, RangeAggregation):
        grouping = f" {_print_grouping(node.grouping)}" if node.grouping else ""
        return f"{node.op}({parameter}{_print_range(node.range)}){grouping}"
    grouping = f" {_print_grouping(node.grouping)} " if node.grouping else ""
    return f"{node.op}{grouping}({parameter}{_print_metric(node.expression)})"


def _print_grouping(grouping: Grouping) -> str:
    return f"{'without' if grouping.without else 'by'} ({', '.join(grouping.labels)})"


def _print_range(node: LogRange) -> str:
    parts = [_print_log(node.query)]
    if node.unwrap is not None:
        parts.append(_print_unwrap(node.unwrap))
    offset = f" offset {format_duration(node.offset_ns)}" if node.offset_ns else ""
    blank = " " if len(parts) > 1 or node.query.stages else ""
    return f"{' '.join(parts)}{blank}[{format_duration(node.range_ns)}]{offset}"


def _print_unwrap(node: Unwrap) -> str:
    plain = node.conversion is Conversion.NUMBER
    label = node.label if plain else f"{node.conversion}({node.label})"
    return " ".join([f"| unwrap {label}", *map(print_stage, node.filters)])


def _print_operation(node: BinaryOperation) -> str:
    words = [node.op.value]
    if node.returns_bool:
        words.append("bool")
    if node.matching is not None:
        words.append(_print_matching(node.matching))
    rises = node.op is BinaryOp.POWER
    left = _print_side(node.left, node.op.precedence + rises)
    right = _print_side(node.right, node.op.precedence + (not rises))
    return f"{left} {' '.join(words)} {right}"


def _print_matching(matching: Matching) -> str:
    labels = f"{'on' if matching.on else 'ignoring'} ({', '.join(matching.labels)})"
    return f"{labels} {matching.side} ({', '.join(matching.include)})" if matching.side else labels


def _print_side(node: Metric, least: int) -> str:
    text = _print_metric(node)
    weak = isinstance(node, BinaryOperation) and node.op.precedence < least
    return f"({text})" if weak else text
