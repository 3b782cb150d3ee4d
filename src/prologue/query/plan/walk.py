"""Rebuild a plan from the leaves up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from prologue.query.plan.nodes import Aggregate, Binary, Lines, Metric, Plan, Relabel


def rewrite_metrics(plan: Plan, change: Callable[[Metric], Metric]) -> Plan:
    """The plan with `change` applied to every metric node, children first."""
    return plan if isinstance(plan, Lines) else _rewrite(plan, change)


def _rewrite(node: Metric, change: Callable[[Metric], Metric]) -> Metric:
    if isinstance(node, Aggregate | Relabel):
        return change(replace(node, source=_rewrite(node.source, change)))
    if isinstance(node, Binary):
        left, right = _rewrite(node.left, change), _rewrite(node.right, change)
        return change(replace(node, left=left, right=right))
    return change(node)
