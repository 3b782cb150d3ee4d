"""Line filters run before parsers: reading a line costs less than parsing it.

A filter on the line may move in front of any stage that neither changes the line nor drops lines for
another reason than its own test. Parsers add labels and errors only, so the lines that are left are
the same.
"""

from __future__ import annotations

from dataclasses import replace

from prologue.logql.log_nodes import (
    DropLabels,
    JsonParser,
    KeepLabels,
    LabelFilter,
    LabelFormat,
    LineFilter,
    LogfmtParser,
    PatternParser,
    RegexpParser,
    Stage,
)
from prologue.query.plan.nodes import Lines, Metric, Plan, Range
from prologue.query.plan.walk import rewrite_metrics

_LEAVES_THE_LINE = (
    *(JsonParser, LogfmtParser, PatternParser, RegexpParser),
    *(LabelFilter, LabelFormat, DropLabels, KeepLabels),
)


def lift_line_filters(plan: Plan) -> Plan:
    """Every line filter as early as the line it looks at is the same."""
    if isinstance(plan, Lines):
        return replace(plan, stages=_lift(plan.stages))
    return rewrite_metrics(plan, _lift_range)


def _lift_range(node: Metric) -> Metric:
    if not isinstance(node, Range):
        return node
    return replace(node, lines=replace(node.lines, stages=_lift(node.lines.stages)))


def _lift(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    lifted: list[Stage] = []
    place = 0
    for stage in stages:
        if isinstance(stage, LineFilter):
            lifted.insert(place, stage)
            place += 1
            continue
        lifted.append(stage)
        if not isinstance(stage, _LEAVES_THE_LINE):
            place = len(lifted)
    return tuple(lifted)
