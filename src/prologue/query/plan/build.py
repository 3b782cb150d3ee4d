"""Syntax to plan. Nothing is optimised here; see `prologue.query.plan.optimize`."""

from __future__ import annotations

from prologue.logql.log_nodes import LogQuery
from prologue.logql.metric_nodes import (
    BinaryOperation,
    LabelReplace,
    Matching,
    NumberLiteral,
    Query,
    RangeAggregation,
    VectorAggregation,
    VectorLiteral,
)
from prologue.logql.metric_nodes import Metric as Written
from prologue.query.plan.nodes import Aggregate, Binary, Lines, Metric, Plan, Range, Relabel, Scalar, Vector

_ALL_LABELS = Matching()
"""Two vectors match by all their labels: `ignoring ()`."""


def build(query: Query) -> Plan:
    """The plan of a parsed query."""
    return _lines(query) if isinstance(query, LogQuery) else _metric(query)


def _lines(query: LogQuery) -> Lines:
    return Lines(query.matchers, query.stages)


def _metric(node: Written) -> Metric:
    match node:
        case RangeAggregation(op, log_range, parameter, grouping):
            lines = _lines(log_range.query)
            window = (log_range.range_ns, log_range.offset_ns)
            return Range(op, lines, log_range.unwrap, *window, parameter, grouping)
        case VectorAggregation(op, expression, parameter, grouping):
            return Aggregate(op, _metric(expression), grouping, parameter)
        case BinaryOperation(op, left, right, returns_bool, matching):
            return Binary(op, _metric(left), _metric(right), returns_bool, matching or _ALL_LABELS)
        case LabelReplace(expression, target, replacement, source, regex):
            return Relabel(_metric(expression), target, replacement, source, regex)
        case VectorLiteral(value):
            return Vector(value)
        case NumberLiteral(value):
            return Scalar(value)
