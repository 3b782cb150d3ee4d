"""Loki's time formats, durations and ranges."""

from __future__ import annotations

import pytest

from prologue.model.errors import UserError
from prologue.serve.loki import parameters

SECOND = 1_000_000_000
NOW = 1_795_800_000 * SECOND


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1700000000000000000", 1_700_000_000 * SECOND),
        ("1700000000", 1_700_000_000 * SECOND),
        ("1700000000.25", 1_700_000_000_250_000_000),
        ("1.7e9", 1_700_000_000 * SECOND),
        ("0", 0),
        ("2023-11-14T22:13:20Z", 1_700_000_000 * SECOND),
        ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123_456_789),
        ("2023-11-15T06:13:20+08:00", 1_700_000_000 * SECOND),
        ("1969-12-31T23:59:59.5Z", -SECOND // 2),
    ],
)
def test_times(text, nanoseconds):
    assert parameters.time(text, "start") == nanoseconds


@pytest.mark.parametrize(
    "text", ["yesterday", "2023-13-01T00:00:00Z", "nan", "inf", "1e400", "99999999999999999999"]
)
def test_times_that_are_none(text):
    with pytest.raises(UserError, match="start="):
        parameters.time(text, "start")


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("5m", 300 * SECOND),
        ("1h30m", 5400 * SECOND),
        ("30000ms", 30 * SECOND),
        ("300", 300 * SECOND),
        ("0.5", SECOND // 2),
        ("1.5h", 5400 * SECOND),
        ("1d", 86400 * SECOND),
    ],
)
def test_durations(text, nanoseconds):
    assert parameters.duration(text, "step") == nanoseconds


@pytest.mark.parametrize("text", ["", "m5", "5 m", "5mm!", "-"])
def test_durations_that_are_none(text):
    with pytest.raises(UserError, match="step="):
        parameters.duration(text, "step")


def test_the_default_range_is_the_last_hour_in_250_steps():
    found = parameters.range_of({}, NOW)
    assert (found.start, found.end, found.step) == (NOW - 3600 * SECOND, NOW, 14 * SECOND)


def test_since_counts_from_the_end():
    found = parameters.bounds({"end": ["1700000000"], "since": ["1h"]}, NOW)
    assert found == ((1_700_000_000 - 3600) * SECOND, 1_700_000_000 * SECOND)


def test_a_start_after_the_end_is_refused():
    with pytest.raises(UserError, match="start is after end"):
        parameters.bounds({"start": ["2"], "end": ["1"]}, NOW)


@pytest.mark.parametrize("step", ["0", "-5", "0s"])
def test_a_step_must_be_positive(step):
    with pytest.raises(UserError, match="step="):
        parameters.range_of({"step": [step]}, NOW)
