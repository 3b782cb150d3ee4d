"""Metric plans to one SELECT, and the SELECT to JSON: series with their points.

The engine writes the points as Loki's clients expect them: time in seconds with up to three decimals,
values as Go prints floats without an exponent.
"""

from __future__ import annotations

from collections.abc import Callable

from prologue.logql.lower.sql import Bindings, Statement
from prologue.logql.metric_nodes import VectorOp
from prologue.query.lower.binary import lower_binary
from prologue.query.lower.ranges import lower_range
from prologue.query.lower.relation import Relation, map_of
from prologue.query.lower.vectors import lower_aggregate, lower_relabel, lower_vector
from prologue.query.plan.nodes import Aggregate, Binary, Metric, Range, Relabel, Scalar, Vector
from prologue.query.request import Request
from prologue.query.streams import Facts

FactsFor = Callable[[Range], Facts]


def lower_metric(node: Metric, request: Request, facts_for: FactsFor, bindings: Bindings) -> Relation:
    """The relation of a metric plan that is not a scalar."""

    def lower(child: Metric) -> Relation:
        return lower_metric(child, request, facts_for, bindings)

    match node:
        case Range():
            return lower_range(node, request, facts_for(node), bindings)
        case Aggregate():
            return lower_aggregate(node, lower(node.source), bindings, instant=request.instant)
        case Relabel():
            return lower_relabel(node, lower(node.source), bindings)
        case Binary():
            left = node.left if isinstance(node.left, Scalar) else lower(node.left)
            right = node.right if isinstance(node.right, Scalar) else lower(node.right)
            return lower_binary(node, left, right, bindings)
        case Vector():
            return lower_vector(node, request, bindings)
        case Scalar(value):
            return lower_vector(Vector(value), request, bindings)


def render_matrix(relation: Relation, request: Request, max_series: int, bindings: Bindings) -> Statement:
    """Rows `labels` and `points`: JSON of a series' labels, and its `[time, "value"]` pairs by commas."""
    step = bindings.integer(request.step or 1)
    ms = f"intDiv({bindings.integer(request.start)} + k * {step}, 1000000)"
    point = f"concat('[', {seconds(ms)}, ',\"', {written('value')}, '\"]')"
    series = f"SELECT {map_of(relation, bindings)} AS series, k, {point} AS point FROM ({relation.sql})"
    joined = "arrayStringConcat(arrayMap(p -> p.2, arraySort(p -> p.1, groupArray((k, point)))), ',')"
    sql = (
        f"SELECT {labels_json('series')} AS labels, {joined} AS points, count() AS samples FROM ({series}) "
        f"GROUP BY series ORDER BY labels{_limit(max_series, bindings)}"
    )
    return Statement(sql, bindings.values)


def render_vector(relation: Relation, node: Metric, max_series: int, bindings: Bindings) -> Statement:
    """Rows `labels` and `value`: JSON of a series' labels, and its value as text."""
    series = f"SELECT {map_of(relation, bindings)} AS series, value FROM ({relation.sql})"
    sql = (
        f"SELECT {labels_json('series')} AS labels, {written('value')} AS value FROM ({series}) AS v "
        f"ORDER BY {_order(node)}labels{_limit(max_series, bindings)}"
    )
    return Statement(sql, bindings.values)


def _limit(max_series: int, bindings: Bindings) -> str:
    # One more than allowed, so that too many can be told from just enough.
    return f" LIMIT {bindings.integer(max_series + 1)}" if max_series else ""


def _order(node: Metric) -> str:
    if isinstance(node, Aggregate) and node.op in _DESCENDING:
        return "isNaN(v.value), v.value DESC, "
    if isinstance(node, Aggregate) and node.op in (VectorOp.SORT, VectorOp.BOTTOMK):
        return "isNaN(v.value), v.value ASC, "
    return ""


_DESCENDING = (VectorOp.SORT_DESC, VectorOp.TOPK, VectorOp.APPROX_TOPK)


def labels_json(labels: str) -> str:
    """A label map as JSON."""
    return f"toJSONString(mapApply((k, v) -> (toValidUTF8(k), toValidUTF8(v)), {labels}))"


def seconds(ms: str) -> str:
    """ms as seconds with the decimals that are not zero."""
    return f"toString({ms} / 1000.)"


def written(value: str) -> str:
    """A float as Go writes it in format 'f' with the fewest digits that read back the same."""
    text = f"toString({value})"
    mantissa = f"replaceAll(extract({text}, '^-?([0-9.]+)e'), '.', '')"
    exponent = f"toInt64OrZero(extract({text}, 'e([-+]?[0-9]+)$'))"
    digits = f"length({mantissa})"
    sign = f"if({value} < 0, '-', '')"
    large = f"concat({sign}, {mantissa}, repeat('0', greatest({exponent} + 1 - {digits}, 0)))"
    small = f"concat({sign}, '0.', repeat('0', greatest(-{exponent} - 1, 0)), {mantissa})"
    return (
        f"multiIf(isNaN({value}), 'NaN', isInfinite({value}), if({value} > 0, '+Inf', '-Inf'), "
        f"position({text}, 'e') = 0, {text}, {exponent} > 0, {large}, {small})"
    )


def seconds_text(ns: int) -> str:
    """Unix ns as seconds, cut to ms, without zeros at the end.

    >>> seconds_text(1_700_000_000_500_000_000), seconds_text(1_700_000_000_000_000_000)
    ('1700000000.5', '1700000000')
    """
    whole, ms = divmod(ns // 1_000_000, 1000)
    return f"{whole}.{ms:03d}".rstrip("0").rstrip(".") if ms else str(whole)
