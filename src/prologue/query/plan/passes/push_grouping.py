"""A sum of per-series sums is one sum: group while the lines are read.

`sum by (level) (count_over_time(...))` would otherwise build every distinct label set, which for
lines with a trace id is one series a line.
"""

from __future__ import annotations

from dataclasses import replace

from prologue.logql.metric_nodes import Grouping, RangeOp, VectorOp
from prologue.query.plan.nodes import Aggregate, Metric, Plan, Range
from prologue.query.plan.walk import rewrite_metrics

_SUMS = (RangeOp.COUNT, RangeOp.RATE, RangeOp.BYTES, RangeOp.BYTES_RATE, RangeOp.SUM)
_PAIRS = {
    VectorOp.SUM: _SUMS,
    VectorOp.MIN: (RangeOp.MIN,),
    VectorOp.MAX: (RangeOp.MAX,),
}


def push_grouping(plan: Plan) -> Plan:
    """Where an aggregation of a range aggregation is one aggregation, it becomes one."""
    return rewrite_metrics(plan, _push)


def _push(node: Metric) -> Metric:
    if not isinstance(node, Aggregate) or not isinstance(node.source, Range):
        return node
    inner = node.source
    if inner.grouping is not None or inner.op not in _PAIRS.get(node.op, ()):
        return node
    return replace(inner, grouping=node.grouping or Grouping(()), drops_errors=True)
