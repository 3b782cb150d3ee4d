"""How far a replay is: a bar on a terminal, lines in the log elsewhere, nothing where there is none."""

from __future__ import annotations

import io
import logging

import pytest

from prologue.app.replay import Replay
from prologue.buffer.settings import Backlog

MIB = 1 << 20
GOING = [Backlog(4, 4 * MIB), Backlog(4, 4 * MIB), Backlog(3, 3 * MIB), Backlog(1, MIB), Backlog(0, 0)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def watch(backlogs, out, caplog, stop_after=99):
    """What a replay told that found the backlog so, one look after the other."""
    looks, waits = iter(backlogs), []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) >= stop_after

    clock = iter([10.0, 12.5])
    with caplog.at_level(logging.INFO):
        Replay(lambda: next(looks), terminal=out, monotonic=lambda: next(clock), wait=wait).watch()
    return out.getvalue(), [record.getMessage() for record in caplog.records]


def test_a_bar_on_a_terminal(caplog):
    shown, told = watch(GOING, Terminal(), caplog)
    assert "replaying 4.0 MiB" in shown
    assert "100%" in shown
    assert told == ["replayed what an earlier process left: 4 batches, 4.0 MiB, in 2.5 s"]


def test_lines_elsewhere(caplog):
    five_seconds = [*GOING[:1] * 20, *GOING[2:3] * 10, *GOING[3:]]
    shown, told = watch(five_seconds, io.StringIO(), caplog)
    assert shown == ""
    assert told == [
        "replaying what an earlier process left: 0 of 4 batches are stored, 0.0 of 4.0 MiB",
        "replaying what an earlier process left: 1 of 4 batches are stored, 1.0 of 4.0 MiB",
        "replayed what an earlier process left: 4 batches, 4.0 MiB, in 2.5 s",
    ]


@pytest.mark.parametrize("out", [Terminal(), io.StringIO()])
def test_nothing_where_nothing_was_left(caplog, out):
    assert watch([Backlog(0, 0)], out, caplog) == ("", [])


@pytest.mark.parametrize("out", [Terminal(), io.StringIO()])
def test_a_stop_ends_it_without_a_claim(caplog, out):
    _, told = watch(GOING, out, caplog, stop_after=2)
    assert not any(line.startswith("replayed") for line in told)
