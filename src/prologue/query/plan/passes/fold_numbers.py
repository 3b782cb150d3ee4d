"""Operators between two numbers are computed once, here."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from types import MappingProxyType

from prologue.logql.metric_nodes import BinaryOp
from prologue.query.plan.nodes import Binary, Metric, Plan, Scalar
from prologue.query.plan.walk import rewrite_metrics


def fold_numbers(plan: Plan) -> Plan:
    """`1 + 2 * 3` becomes `7`; comparisons become 1 or 0."""
    return rewrite_metrics(plan, _fold)


def _fold(node: Metric) -> Metric:
    if isinstance(node, Binary) and isinstance(node.left, Scalar) and isinstance(node.right, Scalar):
        return Scalar(compute(node.op, node.left.value, node.right.value))
    return node


def compute(op: BinaryOp, left: float, right: float) -> float:
    """IEEE 754 arithmetic as in Go: no exception, but infinities and NaN."""
    return float(_OPERATIONS[op](left, right))


def _divide(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _modulo(left: float, right: float) -> float:
    if right == 0 or math.isinf(left):
        return math.nan
    return math.fmod(left, right)


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return -math.inf if left < 0 and right % 2 == 1 else math.inf
    except ValueError:
        return math.inf if left == 0 else math.nan


_OPERATIONS: MappingProxyType[BinaryOp, Callable[[float, float], float]] = MappingProxyType(
    {
        BinaryOp.ADD: operator.add,
        BinaryOp.SUBTRACT: operator.sub,
        BinaryOp.MULTIPLY: operator.mul,
        BinaryOp.DIVIDE: _divide,
        BinaryOp.MODULO: _modulo,
        BinaryOp.POWER: _power,
        BinaryOp.EQUAL: operator.eq,
        BinaryOp.NOT_EQUAL: operator.ne,
        BinaryOp.GREATER: operator.gt,
        BinaryOp.GREATER_EQUAL: operator.ge,
        BinaryOp.LESS: operator.lt,
        BinaryOp.LESS_EQUAL: operator.le,
    }
)
