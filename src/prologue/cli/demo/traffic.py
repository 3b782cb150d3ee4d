"""Requests of a window of time, column by column: when, which route, how long, how they end.

A request passes the services of its route one after the other. What a service logs of it is written
when it is done with it: the callee before the caller, the gateway last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prologue.cli.demo.estate import ROUTES, SERVICES, Route
from prologue.cli.demo.story import CULPRIT, Story

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

POOL_TIMEOUT_MS = 3000.0
"""How long payment waits for a database connection before it gives up."""

_USUAL_FAILURES = 0.003
_INCIDENT_FAILURES = 0.75


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls to one service on one route, a row each. `times` is when its line is written, Unix ns."""

    service: str
    route: Route
    times: Ints
    duration_ms: Floats
    failed: Flags
    starved: Flags
    """Failed because payment found no database connection."""
    trace: list[str]
    user: Ints
    item: Ints


@dataclass(frozen=True, slots=True)
class _Requests:
    """Requests of one route. `own_ms[i]` is the time call i itself took; `fails_at` the index of the
    call that fails, or the number of calls where none does."""

    route: Route
    arrived: Ints
    own_ms: tuple[Floats, ...]
    fails_at: Ints
    starved: Flags
    trace: list[str]
    user: Ints
    item: Ints


def arrivals(rng: np.random.Generator, story: Story, start: int, end: int, rate: float) -> list[Calls]:
    """What the requests that arrive in [start, end) do, at `rate` requests a second on average."""
    total = int(rng.poisson(rate * (end - start) / 1e9))
    shares = np.array([route.share for route in ROUTES])
    counts = rng.multinomial(total, shares / shares.sum())
    calls: list[Calls] = []
    for route, count in zip(ROUTES, counts, strict=True):
        if count:
            requests = _requests(rng, story, route, np.sort(rng.integers(start, end, int(count))))
            calls += [_calls(requests, depth) for depth in range(len(route.calls))]
    return calls


def _requests(rng: np.random.Generator, story: Story, route: Route, arrived: Ints) -> _Requests:
    count, depth = len(arrived), len(route.calls)
    own = [rng.lognormal(np.log(SERVICES[name].latency_ms), 0.5, count) for name in route.calls]
    starved: Flags = np.zeros(count, dtype=bool)
    usual = rng.random(count) < _USUAL_FAILURES
    fails_at = np.where(usual, rng.integers(1, depth, count), depth)
    if CULPRIT in route.calls:
        culprit, severity = route.calls.index(CULPRIT), story.severity(arrived)
        starved = rng.random(count) < severity * _INCIDENT_FAILURES
        own[culprit] += np.where(starved, POOL_TIMEOUT_MS, severity * rng.uniform(200, 2500, count))
        fails_at = np.where(starved, culprit, fails_at)
    # What comes after the call that fails takes no time: it never happens.
    spent = tuple(np.where(_reached(route, fails_at, i), own[i], 0.0) for i in range(depth))
    trace = [rng.bytes(16).hex() for _ in range(count)]
    user, item = rng.integers(1000, 9999, count), rng.integers(1, 500, count)
    return _Requests(route, arrived, spent, fails_at, starved, trace, user, item)


def _calls(requests: _Requests, depth: int) -> Calls:
    """The rows of one call of a route: those that reached it."""
    route, own = requests.route, requests.own_ms
    callees = sum(own[1:], np.zeros(len(requests.arrived)))
    if depth == 0:
        duration, end = callees + own[0], callees + own[0]
    elif _waits_for_all(route, depth):
        duration, end = callees, callees
    else:
        duration, end = own[depth], sum(own[1 : depth + 1], np.zeros(len(requests.arrived)))
    failed = requests.fails_at == depth
    if depth == 0 or _waits_for_all(route, depth):
        failed = requests.fails_at < len(route.calls)
    rows = np.flatnonzero(_reached(route, requests.fails_at, depth))
    return Calls(
        service=route.calls[depth],
        route=route,
        times=requests.arrived[rows] + np.rint(end[rows] * 1e6).astype(np.int64),
        duration_ms=duration[rows],
        failed=failed[rows],
        starved=requests.starved[rows],
        trace=[requests.trace[row] for row in rows],
        user=requests.user[rows],
        item=requests.item[rows],
    )


def _reached(route: Route, fails_at: Ints, depth: int) -> Flags:
    if depth == 0 or _waits_for_all(route, depth):
        return np.ones(len(fails_at), dtype=bool)
    reached: Flags = fails_at >= depth
    # A checkout that fails by itself has called nobody.
    return reached & (fails_at != 1) if _waits_for_all(route, 1) else reached


def _waits_for_all(route: Route, depth: int) -> bool:
    """Whether this call makes the later ones itself, and so ends after them."""
    return route.calls[depth] == "checkout"
