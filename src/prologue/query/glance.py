"""A glance before the whole look: the newest lines of everything are in the newest part of the range.

A log query with a limit that leaves no line out (no line filter, no label filter) is first asked of the
last SHARE of its time range. Where that holds as many lines as are wanted, they are the answer: whatever
lies before is older. Where it does not, the whole range is asked, and the glance cost a thirty-second of it.

Next chapter: `prologue.query.run`, which takes the glance.
"""

from __future__ import annotations

from dataclasses import replace

from prologue.logql.log_nodes import LabelFilter, LineFilter
from prologue.query.plan.nodes import Lines
from prologue.query.request import Direction, Request

SHARE = 32
# A shorter range is read whole in the time that one more question takes.
_SHORTEST = 60 * 1_000_000_000


def glance_of(plan: Lines, request: Request) -> Request | None:
    """The narrower request to try first; None where trying it is not worth it.

    Its answer is the whole answer if, and only if, it has `request.limit` lines.
    """
    span = request.end - request.start
    follows = request.after_batch is not None or request.up_to_batch is not None
    if follows or request.interval or span < _SHORTEST:
        return None
    if any(isinstance(stage, LineFilter | LabelFilter) for stage in plan.stages):
        return None
    if request.direction is Direction.FORWARD:
        return replace(request, end=request.start + span // SHARE)
    return replace(request, start=request.end - span // SHARE)
