"""`rate_counter`: the increase per second of a counter, with resets, extrapolated to the window.

As Loki computes it: samples in order of time; a value lower than the one before is a reset, and the
value before it is added. The increase between the first and the last sample is extended towards the
window's start, where that is nearer than 1.1 average distances by that much, else by half a distance,
and never beyond where the counter would have been zero. Fewer than two samples have rate 0.
"""

from __future__ import annotations

_VALUES = "arrayMap(p -> p.2, s)"
_INCREASE = (
    "s[-1].2 - s[1].2 + "
    f"arraySum(arrayMap((a, b) -> if(b < a, a, 0.), arrayPopBack({_VALUES}), arrayPopFront({_VALUES})))"
)
_TO_START = "if(inc > 0 AND s[1].2 >= 0, least(seconds, span * (s[1].2 / inc)), seconds)"
_AVERAGE = "span / (length(s) - 1)"
_EXTENDED = f"span + if({_TO_START} < {_AVERAGE} * 1.1, {_TO_START}, {_AVERAGE} / 2)"
_RATE = f"inc * (({_EXTENDED}) / span) / seconds"
_BOUND = (
    f"arrayMap((s, inc, span, seconds) -> {_RATE}, "
    f"[s], [{_INCREASE}], [(s[-1].1 - s[1].1) / 1e9], [SECONDS])[1]"
)


def rate_counter(samples: str, seconds: str) -> str:
    """The rate of an array of (ns, value) over a window of so many seconds."""
    bound = _BOUND.replace("SECONDS", seconds)
    ordered = f"arraySort(p -> p.1, {samples})"
    return f"arrayMap(s -> if(length(s) < 2, 0., {bound}), [{ordered}])[1]"
