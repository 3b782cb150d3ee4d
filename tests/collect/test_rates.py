"""Rates by service: what is over them waits and is counted; nothing is dropped, nobody else is held up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prologue.collect.rates import Rates


def test_a_service_without_a_limit_never_waits() -> None:
    rates = Rates({"a": 10})
    rates.charge("b", 10**9, 0.0)
    assert rates.wait("b", 0.0) == 0.0
    assert rates.limited(1.0) == []


def test_what_was_taken_beyond_the_burst_is_owed() -> None:
    rates = Rates({"a": 100}, burst_s=2.0)
    assert rates.wait("a", 0.0) == 0.0
    rates.charge("a", 500, 0.0)
    wait = rates.wait("a", 0.0)
    assert 3.0 < wait < 3.1
    assert rates.wait("a", 2.0) > 1.0
    assert rates.wait("a", 3.1) == 0.0
    (limited,) = rates.limited(10.0)
    assert (limited.service, limited.rate, round(limited.waited_s, 1)) == ("a", 100, 3.1)


def test_time_is_saved_up_to_the_burst_only() -> None:
    rates = Rates({}, default=100, burst_s=2.0)
    rates.charge("a", 1, 0.0)
    rates.charge("a", 250, 1000.0)
    assert rates.wait("a", 1000.0) > 0.5


def test_a_limit_of_zero_lifts_the_default() -> None:
    rates = Rates({"a": 0}, default=1)
    rates.charge("a", 10**9, 0.0)
    assert rates.wait("a", 0.0) == 0.0


def test_a_limited_service_waits_and_others_do_not(machine: Any, eventually: Callable[..., None]) -> None:
    line = b"x" * 99 + b"\n"
    machine.log("noisy/a.log", line * 200)
    machine.log("calm/a.log", line * 200)
    machine.start(rate_limits={"noisy": 4000}, chunk_bytes=1000)
    eventually(lambda: machine.sink.bytes_of("calm/a.log") == line * 200)
    assert len(machine.sink.bytes_of("noisy/a.log")) < 20_000
    eventually(lambda: machine.status("noisy/a.log").state == "limited")
    (limited,) = machine.collector.limited()
    assert limited.service == "noisy"
    eventually(lambda: machine.sink.bytes_of("noisy/a.log") == line * 200, "all of it, in time")
    assert machine.collector.limited()[0].waited_s > 1.0
