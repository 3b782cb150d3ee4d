"""The times of a question for SQL: bounds only where they are given."""

from __future__ import annotations

from typing import Any

import pytest

from prologue.model.errors import UserError
from prologue.serve.native.question import Question, bounds, times

S = 10**9
NOW = 1_700_000_000 * S


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (None, None)),
        ({"start": "1600000000"}, (1_600_000_000 * S, None)),
        ({"end": 1_600_000_000}, (None, 1_600_000_000 * S)),
        ({"since": "1h"}, (NOW - 3600 * S, None)),
        ({"since": 60}, (NOW - 60 * S, None)),
        ({"since": "1m", "end": 1_600_000_000}, (1_599_999_940 * S, 1_600_000_000 * S)),
        ({"start": "2023-11-14T22:13:20Z", "since": "1h"}, (NOW, None)),
        ({"start": 1_600_000_000_123_456_789}, (1_600_000_000_123_456_789, None)),
        ({"start": 1600000000.5}, (1_600_000_000_500_000_000, None)),
    ],
    ids=str,
)
def test_bounds(given: dict[str, Any], expected: tuple[int | None, int | None]):
    assert bounds(Question("SELECT 1", **given), NOW) == expected


def test_start_after_end():
    with pytest.raises(UserError, match="start is after end"):
        bounds(Question("SELECT 1", start=20, end=10), NOW)


def test_times_are_as_in_a_url():
    question = Question("{}", start=1, end="now-1", step=0.5)
    assert times(question) == {"start": ["1"], "end": ["now-1"], "step": ["0.5"]}
