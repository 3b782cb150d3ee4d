"""Operators between vectors, and between a vector and a number.

Two vectors match series by series at each evaluation. The labels two series must share are the
match's key; on the side that may have one series only for a key, two are an error, never a choice.

Source: Loki's "LogQL reference", Prometheus' "Vector matching".
"""

from __future__ import annotations

from prologue.logql.lower.sql import Bindings
from prologue.logql.metric_nodes import BinaryOp, GroupSide, Matching
from prologue.query.lower.relation import LABELS, Relation, kept_labels, opened
from prologue.query.plan.nodes import Binary, Scalar

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


def _grouped(left: Relation, right: Relation, matching: Matching, bindings: Bindings) -> str:
    """Both sides by evaluation and key: `ls` and `rs` are (labels, value) of the series there.

    A union, not a join: an empty side must not keep the other from being computed, because what is
    computed may have to fail.
    """
    key = kept_labels(LABELS, matching.labels, bindings, without=not matching.on)
    sides = " UNION ALL ".join(
        f"SELECT toUInt8({side}) AS side, {LABELS}, k, value, {key} AS match_key FROM ({relation.sql})"
        for side, relation in enumerate((left, right))
    )
    arrays = ", ".join(
        f"groupArrayIf(({LABELS}, value), side = {side}) AS {name}" for side, name in enumerate(("ls", "rs"))
    )
    return f"(SELECT k, match_key, {arrays} FROM ({sides}) GROUP BY k, match_key)"


_SETS = {
    BinaryOp.AND: "arrayFilter(e -> notEmpty(rs), ls)",
    BinaryOp.UNLESS: "arrayFilter(e -> empty(rs), ls)",
    BinaryOp.OR: "if(empty(ls), rs, ls)",
}


def _set_operation(node: Binary, left: Relation, right: Relation, bindings: Bindings) -> Relation:
    grouped = _grouped(left, right, node.matching, bindings)
    chosen = f"SELECT k, arrayJoin({_SETS[node.op]}) AS e FROM {grouped}"
    return Relation(f"SELECT e.1 AS {LABELS}, k, e.2 AS value FROM ({chosen})", None)


_TOO_MANY = {
    None: "length(rs) > 1 OR (length(ls) > 1 AND notEmpty(rs))",
    GroupSide.LEFT: "length(rs) > 1",
    GroupSide.RIGHT: "length(ls) > 1",
}


def _matched(node: Binary, left: Relation, right: Relation, bindings: Bindings) -> Relation:
    side = node.matching.side
    many, one = ("rs", "ls[1]") if side is GroupSide.RIGHT else ("ls", "rs[1]")
    grouped = _grouped(left, right, node.matching, bindings)
    paired = (
        f"SELECT k, match_key, arrayJoin({many}) AS m, {one} AS o FROM {grouped} "
        f"WHERE throwIf({_TOO_MANY[side]}, '{MANY_MATCHES}') = 0 AND notEmpty(ls) AND notEmpty(rs)"
    )
    first, second = ("o", "m") if side is GroupSide.RIGHT else ("m", "o")
    named = (
        f"SELECT k, match_key, {first}.1 AS left_labels, {first}.2 AS left_value, "
        f"{second}.1 AS right_labels, {second}.2 AS right_value FROM ({paired})"
    )
    test = f"left_value {_COMPARE[node.op]} right_value" if node.op.is_comparison else ""
    if node.returns_bool:
        value, where = f"toFloat64({test})", ""
    elif node.op.is_comparison:
        value, where = "left_value", f" WHERE {test}"
    else:
        value, where = arithmetic(node.op, "left_value", "right_value"), ""
    labels = _result_labels(node, bindings)
    result = f"SELECT {labels} AS {LABELS}, k, {value} AS value FROM ({named}){where}"
    return Relation(result if side is None else _unique(result), None)


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
