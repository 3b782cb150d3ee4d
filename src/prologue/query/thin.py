"""`interval`: of a log query's lines, one and then the next that is at least so much later.

Which line is next depends on the one before, so this cannot be one SELECT. The engine hands over the
times of the lines that pass, a chunk at a time and nothing else of them; the jumps, one for each line
that is answered, are binary searches in it. The answer is then read as usual, at those times only.

Source: Loki's HTTP API reference, "Step versus interval"; the streams of a query are thinned together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prologue.logql.lower.sql import Bindings, Statement
from prologue.query.lower.lines import passing_rows
from prologue.query.plan.nodes import Lines
from prologue.query.request import Direction, Request
from prologue.query.streams import Facts

CHUNK = 50_000


def instants(
    run: Callable[[Statement], pa.Table], node: Lines, request: Request, facts: Facts
) -> tuple[int, ...]:
    """The times (Unix ns) of the lines to answer, at most `request.limit`, in the query's direction."""
    forward = request.direction is Direction.FORWARD
    chosen: list[int] = []
    while len(chosen) < request.limit and request.start < request.end:
        times = _times(run, node, request, facts)
        chosen += _jumps(times, request.interval, request.limit - len(chosen), forward=forward)
        if len(times) < CHUNK:
            break
        if forward:
            request = replace(request, start=chosen[-1] + request.interval)
        else:
            request = replace(request, end=chosen[-1] - request.interval + 1)
    return tuple(chosen)


def _times(
    run: Callable[[Statement], pa.Table], node: Lines, request: Request, facts: Facts
) -> npt.NDArray[np.int64]:
    """The times of the first lines that pass, in the query's direction."""
    bindings = Bindings()
    rows = passing_rows(node, request, facts, bindings)
    order = "ASC" if request.direction is Direction.FORWARD else "DESC"
    sql = (
        f"SELECT toUnixTimestamp64Nano(timestamp) AS ns FROM ({rows.sql}) "
        f"ORDER BY timestamp {order} LIMIT {bindings.integer(CHUNK)}"
    )
    return run(Statement(sql, bindings.values))["ns"].to_numpy()


def _jumps(times: npt.NDArray[np.int64], interval: int, limit: int, *, forward: bool) -> list[int]:
    """The first time, then each time the next that is `interval` further on."""
    ahead = times if forward else -times
    found: list[int] = []
    place = 0
    while place < len(ahead) and len(found) < limit:
        found.append(int(times[place]))
        place = int(np.searchsorted(ahead, ahead[place] + interval))
    return found
