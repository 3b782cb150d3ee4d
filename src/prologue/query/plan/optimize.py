"""The passes, in order. Each is pure: a plan in, a plan out; `explain` shows the plan after each."""

from __future__ import annotations

from collections.abc import Callable

from prologue.query.plan.nodes import Plan
from prologue.query.plan.passes.fold_numbers import fold_numbers
from prologue.query.plan.passes.lift_line_filters import lift_line_filters
from prologue.query.plan.passes.push_grouping import push_grouping

PASSES: tuple[Callable[[Plan], Plan], ...] = (fold_numbers, push_grouping, lift_line_filters)


def optimize(plan: Plan) -> Plan:
    """The plan after every pass."""
    for one in PASSES:
        plan = one(plan)
    return plan
