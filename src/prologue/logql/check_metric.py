"""Rules of meaning for metric expressions: parameters, groupings, operands. See `checks`."""

from __future__ import annotations

import re
from typing import NoReturn

from prologue.logql.metric_nodes import (
    BinaryOperation,
    LabelReplace,
    Metric,
    NumberLiteral,
    RangeAggregation,
    RangeOp,
    VectorAggregation,
    VectorOp,
)
from prologue.logql.tokens import position_at
from prologue.model.errors import QueryError

NEED_UNWRAP = frozenset(
    {
        *(RangeOp.RATE_COUNTER, RangeOp.SUM, RangeOp.AVG, RangeOp.MIN, RangeOp.MAX, RangeOp.STDVAR),
        *(RangeOp.STDDEV, RangeOp.FIRST, RangeOp.LAST, RangeOp.QUANTILE),
    }
)
REFUSE_UNWRAP = frozenset({RangeOp.COUNT, RangeOp.BYTES, RangeOp.BYTES_RATE})
REFUSE_GROUPING = frozenset(
    {
        *(RangeOp.RATE, RangeOp.RATE_COUNTER, RangeOp.SUM, RangeOp.ABSENT),
        *(RangeOp.BYTES, RangeOp.BYTES_RATE),
    }
)
RANKING = frozenset({VectorOp.TOPK, VectorOp.BOTTOMK, VectorOp.APPROX_TOPK})
_REFUSE_VECTOR_GROUPING = frozenset({VectorOp.SORT, VectorOp.SORT_DESC, VectorOp.APPROX_TOPK})
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def check_metric_node(node: Metric, source: str) -> None:
    """Raises `QueryError` where this node, apart from its children, breaks a rule."""
    if isinstance(node, RangeAggregation):
        _check_range(node, source)
    elif isinstance(node, VectorAggregation):
        _check_vector(node, source)
    elif isinstance(node, BinaryOperation):
        _check_operation(node, source)
    elif isinstance(node, LabelReplace) and not _LABEL_NAME.fullmatch(node.target):
        cure = "use letters, digits and `_`, not starting with a digit"
        _fail(source, node.at, f"`{node.target}` is not a label name", cure)


def _check_range(node: RangeAggregation, source: str) -> None:
    unwraps = node.range.unwrap is not None
    if node.op in NEED_UNWRAP and not unwraps:
        cure = "add `| unwrap label` before the range"
        _fail(source, node.at, f"`{node.op}` needs a number from each line", cure)
    if node.op in REFUSE_UNWRAP and unwraps:
        cure = "remove the unwrap, or use sum_over_time"
        _fail(source, node.at, f"`{node.op}` counts lines and cannot use unwrap", cure)
    if node.op in REFUSE_GROUPING and node.grouping is not None:
        cure = f"group outside: sum by (...) ({node.op}(...))"
        _fail(source, node.at, f"`{node.op}` takes no grouping", cure)
    if node.op is RangeOp.QUANTILE and node.parameter is None:
        _fail(source, node.at, "quantile_over_time needs a quantile", "write quantile_over_time(0.99, ...)")
    if node.op is not RangeOp.QUANTILE and node.parameter is not None:
        _fail(source, node.at, f"`{node.op}` takes no parameter", "remove the number")


def _check_vector(node: VectorAggregation, source: str) -> None:
    if node.op not in RANKING and node.parameter is not None:
        _fail(source, node.at, f"`{node.op}` takes no parameter", "remove the number")
    if node.op in RANKING:
        if node.parameter is None:
            _fail(source, node.at, f"`{node.op}` needs a number of series", f"write {node.op}(10, ...)")
        if node.parameter < 1 or node.parameter != int(node.parameter):
            _fail(source, node.at, f"`{node.op}` takes a whole number from 1", f"write {node.op}(10, ...)")
    if node.op in _REFUSE_VECTOR_GROUPING and node.grouping is not None:
        _fail(source, node.at, f"`{node.op}` takes no grouping", "group inside: sum by (...) (...)")


def _check_operation(node: BinaryOperation, source: str) -> None:
    literal = isinstance(node.left, NumberLiteral) or isinstance(node.right, NumberLiteral)
    if node.returns_bool and not node.op.is_comparison:
        _fail(source, node.at, "`bool` only fits comparisons", f"remove it after `{node.op}`")
    if node.op.is_set and literal:
        _fail(source, node.at, f"`{node.op}` needs vectors on both sides", "write vector(1) for a number")
    if node.matching is None:
        return
    if literal:
        message = "labels can only be matched between two vectors"
        _fail(source, node.at, message, "remove on(...) or ignoring(...)")
    if node.op.is_set and node.matching.side is not None:
        _fail(source, node.at, f"`{node.op}` matches many to many", f"remove {node.matching.side}")
    both = set(node.matching.labels) & set(node.matching.include) if node.matching.on else set()
    if both:
        message = f"the label `{min(both)}` stands in on(...) and in {node.matching.side}(...)"
        _fail(source, node.at, message, "name it once")


def _fail(source: str, at: int, message: str, cure: str) -> NoReturn:
    raise QueryError(message, position=position_at(source, at), cure=cure)
