"""Back-pressure, failures and the bound on memory: nothing dropped, nothing twice, nothing out of order."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.collect.context import Context
from prologue.collect.sender import Backoff
from prologue.collect.settings import CollectSettings
from prologue.model.errors import BufferFull, EngineUnavailable, PayloadTooLarge, PositionConflict

LINES = b"".join(b"line %06d\n" % number for number in range(5000))


class Raise:
    """Raises its errors in turn, each before the payload is stored; then lets everything pass."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)

    def __call__(self, _payload: Any) -> None:
        if self.errors:
            raise self.errors.pop(0)


class Fail(Raise):
    """The same, through the future."""

    def __call__(self, _payload: Any) -> BaseException | None:  # type: ignore[override]
        return self.errors.pop(0) if self.errors else None


TROUBLES = {
    "full": Raise(*[BufferFull("full", retry_after=0)] * 6),
    "future fails": Fail(*[EngineUnavailable("gone")] * 6),
    "future fails with anything": Fail(ValueError("odd"), MemoryError()),
    "too large": Raise(PayloadTooLarge(8192)),
    "too large, later": Fail(PayloadTooLarge(20_000), PayloadTooLarge(8192)),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_everything_arrives_after_trouble(machine: Any, trouble: Raise) -> None:
    machine.log("a.log", LINES)
    machine.sink.on_append = trouble
    machine.start(chunk_bytes=20_000, backoff_max_s=0.1)
    machine.expect(LINES)
    assert not trouble.errors
    assert machine.collector.totals().retries


def test_the_sink_may_know_better_where_to_go_on(machine: Any) -> None:
    machine.log("a.log", LINES)
    told = False

    def conflict(payload: Any) -> BaseException | None:
        nonlocal told
        if payload.position.start == 0 and not told:
            told = True
            machine.sink.positions[payload.position.source] = 12 * 100
            return PositionConflict("held", source=payload.position.source, resume_at=12 * 100)
        return None

    machine.sink.on_append = conflict
    machine.start()
    machine.expect(LINES[12 * 100 :])


def test_what_was_read_survives_a_truncation_while_the_sink_refuses(
    machine: Any, eventually: Callable[..., None]
) -> None:
    path = machine.log("a.log", b"precious\n")
    trouble = Raise(*[BufferFull("full", retry_after=0)] * 1000)
    machine.sink.on_append = trouble
    machine.start(backoff_max_s=0.02)
    eventually(lambda: machine.collector.totals().retries > 2)
    path.write_bytes(b"next\n")
    eventually(lambda: machine.status("a.log").errors)
    trouble.errors.clear()
    machine.expect(b"precious\nnext\n")
    eventually(lambda: machine.status("a.log").errors == ())


def test_in_flight_bytes_are_bounded_and_files_take_turns(
    machine: Any, eventually: Callable[..., None]
) -> None:
    for number in range(20):
        machine.log(f"{number:02}.log", LINES)
    machine.sink.hold = True
    machine.start(chunk_bytes=10_000, max_in_flight_bytes=50_000)
    eventually(lambda: len(machine.sink.held) >= 5)
    assert machine.collector.totals().in_flight_bytes <= 60_000
    assert len({payload.labels["filename"] for _, payload in machine.sink.held}) == len(machine.sink.held)
    machine.sink.release()
    machine.expect(LINES, "07.log")
    eventually(lambda: machine.collector.totals().in_flight_bytes == 0)
    wanted = len(LINES) * 20
    eventually(lambda: machine.collector.totals().acked_bytes == wanted)
    first = [payload.labels["filename"] for payload in machine.sink.payloads[:20]]
    assert len(set(first)) >= 15, "no file is served again before most were served once"


def test_a_small_file_is_not_starved_by_a_large_one(machine: Any) -> None:
    machine.log("a-large.log", LINES * 100)
    machine.log("b-small.log", b"here\n")
    machine.start(chunk_bytes=4096)
    machine.expect(b"here\n", "b-small.log")
    order = [payload.labels["filename"] for payload in machine.sink.payloads]
    assert order.index("/var/log/b-small.log") < 10
    machine.expect(LINES * 100, "a-large.log")


@given(seed=st.integers(0, 2**32), failures=st.integers(1, 60), hint=st.floats(0, 1e6))
def test_backoff_grows_and_is_bounded(seed: int, failures: int, hint: float) -> None:
    settings = CollectSettings(backoff_min_s=0.1, backoff_max_s=15.0)
    backoff = Backoff(Context(None, settings, rng=random.Random(seed)))  # type: ignore[arg-type]
    for _ in range(failures):
        backoff.fail(100.0, hint)
    base = min(15.0, max(0.1 * 2 ** min(failures - 1, 16), hint))
    assert 100 + base * 0.5 <= backoff.until <= 100 + base * 1.5 + 1e-6
    backoff.succeed()
    backoff.fail(200.0)
    assert backoff.until <= 200 + 0.15 + 1e-6
