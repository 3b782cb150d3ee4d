"""What each range aggregation computes, as aggregate functions that can be merged.

`state` is what a pane keeps, `merge` joins panes and label sets, `whole` is both in one step.
`finish` turns the merged result into the value; `{}` in it stands for that result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from prologue.logql.lower.sql import Bindings
from prologue.logql.metric_nodes import RangeOp
from prologue.query.lower.rate_counter import rate_counter
from prologue.query.plan.nodes import Range

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class RangeFunction:
    """Aggregates over `value` (the sample) and `timestamp`."""

    state: str
    merge: str
    whole: str
    finish: str = "toFloat64({})"


def _sum(of: str, finish: str = "toFloat64({})") -> RangeFunction:
    return RangeFunction(of, "sum(state)", of, finish)


def _states(function: str, arguments: str) -> RangeFunction:
    name, _, parameters = function.partition("(")
    tail = f"({parameters}" if parameters else ""
    return RangeFunction(
        f"{name}State{tail}({arguments})", f"{name}Merge{tail}(state)", f"{name}{tail}({arguments})"
    )


def range_function(node: Range, bindings: Bindings) -> RangeFunction:
    """The function of a range node."""
    seconds = f"({bindings.integer(node.range_ns)} / {SECOND})"
    per_second = f"toFloat64({{}}) / {seconds}"
    unwrapped = node.unwrap is not None
    if node.op is RangeOp.QUANTILE:
        return _quantile(node.parameter or 0.0)
    if node.op is RangeOp.RATE:
        return _sum("sum(value)" if unwrapped else "count()", per_second)
    if node.op is RangeOp.BYTES_RATE:
        return _sum("sum(value)", per_second)
    if node.op is RangeOp.RATE_COUNTER:
        state = _states("groupArray", "(toUnixTimestamp64Nano(timestamp), value)")
        return replace(state, finish=rate_counter("{}", seconds))
    return _FUNCTIONS[node.op]


def _quantile(phi: float) -> RangeFunction:
    """Prometheus' quantile: between the two nearest ranks; outside 0 to 1 it is infinite."""
    if math.isnan(phi) or not 0 <= phi <= 1:
        answer = "nan" if math.isnan(phi) else "inf" if phi > 1 else "-inf"
        return _sum("count()", f"if({{}} > 0, {answer}, {answer})")
    return _states(f"quantileExactInclusive({phi!r})", "value")


_FUNCTIONS = {
    RangeOp.COUNT: _sum("count()"),
    RangeOp.ABSENT: _sum("count()"),
    RangeOp.BYTES: _sum("sum(value)"),
    RangeOp.SUM: _sum("sum(value)"),
    RangeOp.AVG: _states("avg", "value"),
    RangeOp.MIN: RangeFunction("min(value)", "min(state)", "min(value)"),
    RangeOp.MAX: RangeFunction("max(value)", "max(state)", "max(value)"),
    RangeOp.STDVAR: _states("varPopStable", "value"),
    RangeOp.STDDEV: _states("stddevPopStable", "value"),
    RangeOp.FIRST: _states("argMin", "value, timestamp"),
    RangeOp.LAST: _states("argMax", "value, timestamp"),
}
