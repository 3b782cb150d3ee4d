"""Rates a tenant and a source keep to: debt, waiting, whose limit it was."""

from __future__ import annotations

import pytest

from prologue.model.errors import RateLimited
from prologue.receive.limits import LimitSettings, RateLimits


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def limits(clock: Clock, **settings) -> RateLimits:
    return RateLimits(LimitSettings(**settings), clock)


def test_without_limits_nothing_is_kept():
    found = limits(Clock())
    for _ in range(100):
        found.charge("t", "peer", size=10**12, lines=10**9)
        found.require("otlp", "t", "peer")
    assert not found._levels


@pytest.mark.parametrize(
    ("settings", "of", "setting"),
    [
        ({"tenant_bytes": 100}, "tenant 'a'", "limits.tenant_bytes_per_second"),
        ({"tenant_lines": 100}, "tenant 'a'", "limits.tenant_lines_per_second"),
        ({"source_bytes": 100}, "source '10.0.0.1'", "limits.source_bytes_per_second"),
        ({"source_lines": 100}, "source '10.0.0.1'", "limits.source_lines_per_second"),
        ({"bytes_by_tenant": {"a": 100}}, "tenant 'a'", "limits.bytes_per_second_by_tenant"),
        ({"lines_by_tenant": {"a": 100}}, "tenant 'a'", "limits.lines_per_second_by_tenant"),
    ],
)
def test_whoever_is_in_debt_waits_until_it_is_paid(settings, of, setting):
    clock = Clock()
    found = limits(clock, burst=10, **settings)
    found.require("otlp", "a", "10.0.0.1")
    found.charge("a", "10.0.0.1", size=1500, lines=1500)  # 1000 were saved up
    with pytest.raises(RateLimited) as caught:
        found.require("otlp", "a", "10.0.0.1")
    assert of in caught.value.message
    assert setting in caught.value.cure
    assert caught.value.retry_after == 5
    assert found.delay("syslog", "a", "10.0.0.1") == 5
    clock.now += 5
    found.require("otlp", "a", "10.0.0.1")
    assert found.delay("syslog", "a", "10.0.0.1") == 0


def test_others_are_not_held_up():
    found = limits(Clock(), tenant_bytes=100, source_bytes=100, bytes_by_tenant={"vip": 0})
    found.charge("a", "10.0.0.1", size=10_000, lines=1)
    found.require("otlp", "b", "10.0.0.2")
    with pytest.raises(RateLimited):
        found.require("otlp", "b", "10.0.0.1")
    found.charge("vip", "10.0.0.3", size=900, lines=1)
    found.require("otlp", "vip", "")


def test_the_mean_keeps_to_the_limit_whatever_the_size_of_bodies():
    clock = Clock()
    found = limits(clock, tenant_bytes=1000, burst=2)
    sent = 0
    for _ in range(1000):
        if found.delay("otlp", "a", "") == 0:
            found.charge("a", "", size=50_000, lines=1)
            sent += 50_000
        clock.now += 1
    assert 0.9 * 1000 * 1000 <= sent <= 1.1 * 1000 * 1000 + 2000


def test_buckets_are_bounded():
    found = limits(Clock(), source_bytes=10)
    for number in range(25_000):
        found.charge("a", f"peer{number}", size=1, lines=1)
    assert len(found._levels) == 20_000
