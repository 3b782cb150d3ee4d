"""Operators between vectors, and between a vector and a number.

Two vectors match series by series at each evaluation. The labels two series must share are the
match's key; on the side that may have one series only for a key, two are an error, never a choice.

Source: Loki's "LogQL reference", Prometheus' "Vector matching".
"""

from __future__ import annotations

from prologue.query.lower.relation import LABELS, Relation, kept_labels, opened
from prologue.query.plan.nodes import Binary, Scalar
from prologue.query.sql import Bindings
from prologue.query.syntax.metric_nodes import BinaryOp, GroupSide, Matching

MANY_MATCHES = "prologue many matches"
_COMPARE = {
    BinaryOp.EQUAL: "=",
    BinaryOp.NOT_EQUAL: "!=",
    BinaryOp.GREATER: ">",
    BinaryOp.GREATER_EQUAL: ">=",
    BinaryOp.LESS: "<",
    BinaryOp.LESS_EQUAL: "<=",
}


def lower_binary(
    node: Binary, left: Relation | Scalar, right: Relation | Scalar, bindings: Bindings
) -> Relation:
    """One operator; at least one side is a relation."""
    if isinstance(left, Scalar):
        assert isinstance(right, Relation)
        return _with_number(node, right, bindings.number(left.value), number_first=True)
    if isinstance(right, Scalar):
        return _with_number(node, left, bindings.number(right.value), number_first=False)
    left, right = opened(left, bindings), opened(right, bindings)
    if node.op.is_set:
        return _set_operation(node, left, right, bindings)
    return _matched(node, left, right, bindings)


def _with_number(node: Binary, vector: Relation, number: str, *, number_first: bool) -> Relation:
    left, right = (number, "value") if number_first else ("value", number)
    if not node.op.is_comparison:
        return _computed(vector, arithmetic(node.op, left, right))
    test = f"{left} {_COMPARE[node.op]} {right}"
    if node.returns_bool:
        return _computed(vector, f"toFloat64({test})")
    return Relation(f"SELECT {vector.columns} FROM ({vector.sql}) WHERE {test}", vector.names)


def _computed(vector: Relation, value: str) -> Relation:
    labels = "".join(f"{name}, " for name in vector.label_columns)
    inner = f"SELECT {labels}k, {value} AS computed FROM ({vector.sql})"
    return Relation(f"SELECT {labels}k, computed AS value FROM ({inner})", vector.names)


def arithmetic(op: BinaryOp, left: str, right: str) -> str:
    """IEEE 754 arithmetic on two SQL floats."""
    if op is BinaryOp.POWER:
        return f"pow({left}, {right})"
    if op is BinaryOp.MODULO:
        # Go's math.Mod: the sign of the dividend; NaN where the divisor is 0.
        rest = f"{left} - {right} * trunc({left} / {right})"
        return f"multiIf({right} = 0, nan, isInfinite({right}) AND NOT isInfinite({left}), {left}, {rest})"
    return f"({left} {op.value} {right})"


def _keyed(relation: Relation, matching: Matching, bindings: Bindings) -> str:
    key = kept_labels(LABELS, matching.labels, bindings, without=not matching.on)
    return f"(SELECT {LABELS}, k, value, {key} AS match_key FROM ({relation.sql}))"


def _set_operation(node: Binary, left: Relation, right: Relation, bindings: Bindings) -> Relation:
    first, second = (_keyed(side, node.matching, bindings) for side in (left, right))
    keys = f"SELECT k, match_key FROM {second}"
    if node.op is BinaryOp.AND:
        return Relation(f"SELECT {LABELS}, k, value FROM {first} WHERE (k, match_key) IN ({keys})", None)
    if node.op is BinaryOp.UNLESS:
        return Relation(f"SELECT {LABELS}, k, value FROM {first} WHERE (k, match_key) NOT IN ({keys})", None)
    known = f"SELECT k, match_key FROM {first}"
    rest = f"SELECT {LABELS}, k, value FROM {second} WHERE (k, match_key) NOT IN ({known})"
    return Relation(f"SELECT {LABELS}, k, value FROM {first} UNION ALL {rest}", None)


def _matched(node: Binary, left: Relation, right: Relation, bindings: Bindings) -> Relation:
    matching = node.matching
    first, second = (_keyed(side, matching, bindings) for side in (left, right))
    if matching.side is not GroupSide.RIGHT:
        second = _single(second)
    if matching.side is not GroupSide.LEFT:
        first = _single(first)
    joined = (
        f"SELECT l.{LABELS} AS left_labels, l.value AS left_value, r.{LABELS} AS right_labels, "
        f"r.value AS right_value, l.k AS k, l.match_key AS match_key "
        f"FROM {first} AS l INNER JOIN {second} AS r ON l.k = r.k AND l.match_key = r.match_key"
    )
    labels = _result_labels(node, bindings)
    test = f"left_value {_COMPARE[node.op]} right_value" if node.op.is_comparison else ""
    if node.returns_bool:
        value, where = f"toFloat64({test})", ""
    elif node.op.is_comparison:
        value, where = "left_value", f" WHERE {test}"
    else:
        value, where = arithmetic(node.op, "left_value", "right_value"), ""
    result = f"SELECT {labels} AS {LABELS}, k, {value} AS value FROM ({joined}){where}"
    if matching.side is None:
        return Relation(result, None)
    return Relation(_unique(result), None)


def _single(side: str) -> str:
    """A side whose keys must be unique at each evaluation."""
    return (
        f"(SELECT any({LABELS}) AS {LABELS}, k, any(value) AS value, match_key FROM {side} "
        f"GROUP BY k, match_key HAVING throwIf(count() > 1, '{MANY_MATCHES}') = 0)"
    )


def _unique(result: str) -> str:
    """A result whose series must be unique at each evaluation."""
    return (
        f"SELECT {LABELS}, k, any(value) AS value FROM ({result}) GROUP BY {LABELS}, k "
        f"HAVING throwIf(count() > 1, '{MANY_MATCHES}') = 0"
    )


def _result_labels(node: Binary, bindings: Bindings) -> str:
    """One to one: the shared labels; else those of the many side with what `group_` includes."""
    matching = node.matching
    if matching.side is None:
        # A comparison that filters keeps the series it filters.
        keeps = node.op.is_comparison and not node.returns_bool
        return "left_labels" if keeps and not matching.on else "match_key"
    many, one = (
        ("left_labels", "right_labels")
        if matching.side is GroupSide.LEFT
        else ("right_labels", "left_labels")
    )
    if not matching.include:
        return many
    listed = bindings.texts(sorted(matching.include))
    rest = f"mapFilter((k, v) -> NOT has({listed}, k), {many})"
    return f"mapSort(mapUpdate({rest}, mapFilter((k, v) -> has({listed}, k), {one})))"
