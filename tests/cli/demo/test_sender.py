"""Pushing: patience with a full server, and an end to it with one that is gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from prologue.cli.demo.sender import ATTEMPTS, Sender, backfill, live
from prologue.cli.demo.simulator import Batch, Simulator
from prologue.cli.demo.story import SECOND, write_story
from prologue.model.errors import BufferFull, PrologueError, TemporaryError

START = 1_795_000_000 * SECOND
BATCH = Batch([({"app": "a"}, [(1, "x", {}), (2, "y", {})])])


class Refusing:
    """A server that refuses so often and then takes everything: failure injection."""

    def __init__(self, errors: Sequence[PrologueError]) -> None:
        self._errors = list(errors)
        self.taken: list[Any] = []

    def push(self, streams: Any) -> None:
        if self._errors:
            raise self._errors.pop(0)
        self.taken.append(streams)


def send(errors: Sequence[PrologueError]) -> tuple[Refusing, Sender, list[float]]:
    waited: list[float] = []
    server = Refusing(errors)
    sender = Sender(server, pause=waited.append)
    sender.send(BATCH)
    return server, sender, waited


def test_back_pressure_is_obeyed_for_as_long_as_it_lasts() -> None:
    server, sender, waited = send([BufferFull("full", retry_after=3)] * 20)
    assert server.taken == [BATCH.streams]
    assert (sender.sent, waited) == (2, [3] * 20)


def test_a_server_that_comes_back_is_asked_again() -> None:
    server, _, waited = send([TemporaryError("away")] * (ATTEMPTS - 1))
    assert server.taken == [BATCH.streams]
    assert waited == [1, 2, 3, 4]


def test_a_server_that_stays_away_ends_it() -> None:
    with pytest.raises(TemporaryError):
        send([TemporaryError("away")] * ATTEMPTS)


def test_nothing_is_not_pushed() -> None:
    server = Refusing([])
    Sender(server, pause=lambda _: None).send(Batch([]))
    assert server.taken == []


def test_the_past_is_sent_up_to_the_present_and_no_further() -> None:
    end = START + 1000 * SECOND
    story = write_story(START, end)
    batches = list(backfill(Simulator(story, rate=100.0, seed=1), START, end, 100.0))
    times = [time for batch in batches for _, lines in batch.streams for time, _, _ in lines]
    assert len(batches) == 5
    assert START <= min(times) < START + 10 * SECOND
    assert end - 10 * SECOND < max(times) < end


def test_the_present_follows_the_clock() -> None:
    ticks = iter([START, START + SECOND, START + 3 * SECOND])
    story = write_story(START - SECOND, START)
    batches = live(Simulator(story, rate=500.0, seed=1), START, lambda: next(ticks), lambda _: None)
    first, second = next(batches), next(batches)
    assert 0 < first.lines < second.lines
