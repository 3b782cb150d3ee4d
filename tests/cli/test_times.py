"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.cli.times import SECOND, TimeRange, format_exact, format_time, parse_range, parse_time
from prologue.model.errors import UserError

NOW = int(datetime(2026, 11, 23, 14, 5, 7, tzinfo=UTC).timestamp()) * SECOND
EAST = timezone(timedelta(hours=8))


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * SECOND  # type: ignore[arg-type]  # year to second


TIMES = {
    "now": ("now", NOW),
    "ago": ("now-1h", NOW - 3600 * SECOND),
    "ago, short": ("90m", NOW - 5400 * SECOND),
    "Unix seconds": ("1700000000", 1700000000 * SECOND),
    "Unix seconds with a fraction": ("1700000000.123456789", 1700000000 * SECOND + 123456789),
    "Unix milliseconds": ("1700000000123", 1700000000123 * 10**6),
    "Unix microseconds": ("1700000000123456", 1700000000123456 * 10**3),
    "Unix nanoseconds": ("1700000000123456789", 1700000000123456789),
    "small Unix times are seconds": ("0", 0),
    "RFC 3339": ("2026-11-23T13:00:00Z", at(2026, 11, 23, 13)),
    "all nine digits": ("2026-11-23T13:00:00.123456789Z", at(2026, 11, 23, 13) + 123456789),
    "another zone": ("2026-11-23T13:00:00+01:00", at(2026, 11, 23, 12)),
    "no zone": ("2026-11-23 13:00", at(2026, 11, 23, 13)),
    "a date": ("2026-11-22", at(2026, 11, 22)),
    "a time of today": ("13:05", at(2026, 11, 23, 13, 5)),
    "a short hour": ("9:05:01", at(2026, 11, 23, 9, 5, 1)),
}


@pytest.mark.parametrize(("text", "expected"), TIMES.values(), ids=TIMES)
def test_read(text: str, expected: int) -> None:
    assert parse_time(text, NOW, UTC) == expected


def test_no_zone_means_the_zone_of_the_terminal() -> None:
    assert parse_time("2026-11-23 13:00", NOW, EAST) == at(2026, 11, 23, 5)
    assert parse_time("22:00", NOW, EAST) == at(2026, 11, 23, 14)
    assert format_time(NOW, EAST) == "2026-11-23 22:05:07.000"


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-13-01", "now+1h", "-5", "9" * 20, "1:2:3:4"])
def test_refused_with_examples(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_time(text, NOW, UTC)
    assert "2026-11-23T14:05:00Z" in caught.value.cure


@given(st.text(max_size=24))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_time(text, NOW, UTC)
    except UserError as error:
        assert error.cure


@given(st.integers(min_value=0, max_value=4 * 10**18))
def test_an_exact_time_reads_back(timestamp: int) -> None:
    assert parse_time(format_exact(timestamp), NOW) == timestamp


@pytest.mark.parametrize("text", ["100y", "now-100y", "0001-01-01", "9999-01-01", "9999999999999999999"])
def test_times_that_cannot_be_stored(text: str) -> None:
    with pytest.raises(UserError, match="1970 to 2262"):
        parse_time(text, NOW, UTC)


RANGES = {
    "the last hour": ((None, None, None), (NOW - 3600 * SECOND, NOW)),
    "an age": (("15m", None, None), (NOW - 900 * SECOND, NOW)),
    "from": ((None, "13:00", None), (at(2026, 11, 23, 13), NOW)),
    "from and to": ((None, "12:00", "13:00"), (at(2026, 11, 23, 12), at(2026, 11, 23, 13))),
    "an age longer than time": (("100y", None, None), (0, NOW)),
    "an age before an end": (("1h", None, "13:00"), (at(2026, 11, 23, 12), at(2026, 11, 23, 13))),
}


@pytest.mark.parametrize(("given_", "expected"), RANGES.values(), ids=RANGES)
def test_ranges(given_: tuple[str | None, str | None, str | None], expected: tuple[int, int]) -> None:
    assert parse_range(*given_, NOW, UTC) == TimeRange(*expected)


REFUSED = {
    "both starts": (("1h", "13:00", None), "give one of them"),
    "backwards": ((None, "13:00", "12:00"), "swap"),
    "no age": (("soon", None, None), ""),
}


@pytest.mark.parametrize(("given_", "cure"), REFUSED.values(), ids=REFUSED)
def test_ranges_refused(given_: tuple[str | None, str | None, str | None], cure: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_range(*given_, NOW, UTC)
    assert cure in caught.value.cure


def test_times_for_people() -> None:
    assert format_time(NOW + 123_999_999, UTC) == "2026-11-23 14:05:07.123"
