"""Requests of a window, column by column."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from prologue.cli.demo.estate import ROUTES
from prologue.cli.demo.story import SECOND, write_story
from prologue.cli.demo.traffic import Calls, arrivals

START = 1_795_000_000 * SECOND
STORY = write_story(START, START + 3600 * SECOND)


def window(start: int, end: int, seed: int = 1, rate: float = 20.0) -> list[Calls]:
    return arrivals(np.random.default_rng(seed), STORY, start, end, rate)


@pytest.fixture(scope="module")
def incident() -> list[Calls]:
    return window(STORY.breaks_at, STORY.mended_at)


def test_the_rate_is_kept() -> None:
    calls = window(START, START + 600 * SECOND)
    requests = sum(len(c.times) for c in calls if c.service == "gateway")
    assert 11_000 < requests < 13_000


def test_the_same_seed_gives_the_same_traffic() -> None:
    one, two = (window(START, START + 60 * SECOND, seed=5) for _ in range(2))
    assert [c.trace for c in one] == [c.trace for c in two]
    assert all((a.times == b.times).all() for a, b in zip(one, two, strict=True))
    assert [c.trace for c in window(START, START + 60 * SECOND, seed=6)] != [c.trace for c in one]


def test_a_trace_runs_through_the_services_of_its_route() -> None:
    services: dict[str, list[str]] = defaultdict(list)
    for calls in window(START, START + 60 * SECOND):
        for trace in calls.trace:
            services[trace].append(calls.service)
    whole = Counter(tuple(sorted(names)) for names in services.values())
    for route in ROUTES:
        assert whole[tuple(sorted(route.calls))] > 0


def test_the_gateway_is_done_last_and_took_longest(incident: list[Calls]) -> None:
    done: dict[str, int] = {}
    took: dict[str, float] = {}
    for calls in incident:
        if calls.service == "gateway":
            done |= dict(zip(calls.trace, calls.times.tolist(), strict=True))
            took |= dict(zip(calls.trace, calls.duration_ms.tolist(), strict=True))
    for calls in incident:
        for trace, time, ms in zip(
            calls.trace, calls.times.tolist(), calls.duration_ms.tolist(), strict=True
        ):
            assert time <= done[trace]
            assert ms <= took[trace]


def test_nothing_starves_outside_the_incident() -> None:
    assert not any(calls.starved.any() for calls in window(START, STORY.breaks_at))


def test_a_starved_payment_fails_the_checkout_and_nothing_follows(incident: list[Calls]) -> None:
    starved: dict[str, set[str]] = {}
    for calls in incident:
        hungry = np.asarray(calls.starved)
        starved.setdefault(calls.service, set()).update(
            t for t, s in zip(calls.trace, hungry, strict=True) if s
        )
        assert calls.failed[hungry].all() or calls.service == "cart"
    assert len(starved["payment"]) > 100
    assert starved["payment"] == starved["checkout"] == starved["gateway"]
    assert not starved["email"] | starved["shipping"]


def test_no_traffic_is_no_calls() -> None:
    assert window(START, START + 1) == []
