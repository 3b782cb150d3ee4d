"""Times and durations as the API takes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from prologue.client.moments import duration, moment
from prologue.model.errors import UserError

BERLIN = dt.timezone(dt.timedelta(hours=1))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (1_700_000_000_123_456_789, "1700000000123456789"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        (dt.datetime(2026, 1, 1, 1, tzinfo=BERLIN), "1767225600000000000"),
        (dt.datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=dt.UTC), "1767225600000001000"),
        (dt.datetime(1969, 12, 31, 23, 59, 59, tzinfo=dt.UTC), "-1000000000"),
    ],
    ids=str,
)
def test_moment(value: Any, text: str | None):
    assert moment(value, "start") == text


def test_a_datetime_without_a_zone_is_refused():
    with pytest.raises(UserError, match="end has no time zone"):
        moment(dt.datetime(2026, 1, 1), "end")  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, None), (30, "30"), (0, "0"), (0.5, "0.5"), ("1h30m", "1h30m"), (dt.timedelta(days=1), "86400.0")],
    ids=str,
)
def test_duration(value: Any, text: str | None):
    assert duration(value) == text
