"""Windows: which evaluations a line counts for.

Evaluation k happens at `start + k * step` and sees lines with `t - range < timestamp <= t`, left open
and right closed, where t is moved back by the offset. Counted from the oldest instant any window sees
(exclusive), a line at distance y ns (from 0) counts for the k with `k * step <= y < k * step + range`.

So that overlapping windows do not multiply lines, lines are first aggregated into panes, the pieces
that window edges cut time into: one a step where the range is a multiple of the step, two otherwise.
A pane is then counted for each of its windows. Where windows do not overlap the pane is the window.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import Bindings
from prologue.query.request import Request


@dataclass(frozen=True, slots=True)
class Window:
    """All in ns. `count` evaluations, the first one at `start` (offset already taken off)."""

    start: int
    step: int
    range: int
    count: int

    @property
    def first(self) -> int:
        """The oldest timestamp any window sees."""
        return self.start - self.range + 1

    @property
    def last(self) -> int:
        """The newest timestamp any window sees."""
        return self.start + (self.count - 1) * self.step

    @property
    def whole(self) -> int:
        """How many whole steps a range holds."""
        return self.range // self.step

    @property
    def rest(self) -> int:
        """What is left of the range after whole steps."""
        return self.range % self.step

    @property
    def is_direct(self) -> bool:
        """Whether a line counts for one evaluation at most, so that its pane is that evaluation."""
        return self.range <= self.step


def window_of(request: Request, range_ns: int, offset_ns: int) -> Window:
    """The windows of a range aggregation."""
    # An instant query has one window; any step will do.
    step = range_ns if request.instant else request.step
    return Window(request.start - offset_ns, step, range_ns, request.evaluations)


def distance(window: Window, bindings: Bindings) -> str:
    """A line's distance y from the oldest instant, in ns."""
    return f"(toUnixTimestamp64Nano(timestamp) - {bindings.integer(window.first)})"


def in_a_window(window: Window, bindings: Bindings) -> str | None:
    """The condition that a line between `first` and `last` counts at all; None where all do."""
    if window.range >= window.step:
        return None
    return (
        f"{distance(window, bindings)} % {bindings.integer(window.step)} < {bindings.integer(window.range)}"
    )


def pane(window: Window, bindings: Bindings) -> str:
    """The number of a line's pane; where `is_direct` that is the evaluation."""
    y, step = distance(window, bindings), bindings.integer(window.step)
    if window.is_direct or window.rest == 0:
        return f"intDiv({y}, {step})"
    return f"intDiv({y}, {step}) * 2 + ({y} % {step} < {bindings.integer(window.rest)})"


def evaluations_of_pane(window: Window, name: str, bindings: Bindings) -> str:
    """The array of evaluations the pane counts for."""
    whole, count = bindings.integer(window.whole), bindings.integer(window.count)
    if window.rest == 0:
        first, last = f"{name} - {whole} + 1", name
    else:
        # Even panes are the later part of a step: the oldest window ends before they start.
        first, last = f"intDiv({name}, 2) - {whole} + 1 - ({name} % 2)", f"intDiv({name}, 2)"
    return f"range(toInt64(greatest({first}, 0)), toInt64(least({last} + 1, {count})))"
