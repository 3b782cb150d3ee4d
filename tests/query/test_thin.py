"""`interval` over more lines than one chunk, against the plain rule."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.query import thin
from prologue.query.plan.nodes import Lines
from prologue.query.request import Direction, Request
from prologue.query.streams import Facts

NODE = Lines((), ())
FACTS = Facts(frozenset(), frozenset(), 1, 1)


class Store:
    """Answers the SELECT of times from a list, as the engine would."""

    def __init__(self, times: list[int], request: Request) -> None:
        self.times = sorted(times)
        self.asked = 0
        self.request = request

    def run(self, statement) -> pa.Table:
        self.asked += 1
        named = re.findall(r"\{(p\d+):Int64\}", statement.sql)
        first, last, limit = (statement.parameters[named[place]] for place in (0, 1, -1))
        found = [time for time in self.times if first <= time <= last]
        if self.request.direction is Direction.BACKWARD:
            found.reverse()
        return pa.table({"ns": pa.array(found[:limit], pa.int64())})


def plain(times: list[int], request: Request) -> list[int]:
    """The rule itself: each line at least `interval` after the one before."""
    forward = request.direction is Direction.FORWARD
    chosen: list[int] = []
    for time in sorted(times, reverse=not forward):
        if request.start <= time < request.end and (not chosen or abs(time - chosen[-1]) >= request.interval):
            chosen.append(time)
    return chosen[: request.limit]


@settings(deadline=None)
@given(
    times=st.lists(st.integers(0, 60), max_size=60),
    interval=st.integers(1, 20),
    limit=st.integers(1, 20),
    direction=st.sampled_from(Direction),
    chunk=st.integers(1, 7),
)
def test_the_rule_whatever_the_chunks(times, interval, limit, direction, chunk):
    request = Request("t", 5, 55, limit=limit, interval=interval, direction=direction)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thin, "CHUNK", chunk)
        found = thin.instants(Store(times, request).run, NODE, request, FACTS)
    assert list(found) == plain(times, request)


def test_what_lies_within_an_interval_is_not_read_twice():
    request = Request("t", 0, 10**6, limit=5, interval=1000, direction=Direction.FORWARD)
    store = Store(list(np.arange(0, 10**5).tolist()), request)
    assert thin.instants(store.run, NODE, request, FACTS) == (0, 1000, 2000, 3000, 4000)
    assert store.asked == 1
