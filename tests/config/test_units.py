"""Durations and sizes: what is read, what is refused, and that printing is reading's inverse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.config.units import format_duration, format_size, parse_duration, parse_size

DURATIONS = {
    "milliseconds": ("250ms", 0.25),
    "seconds": ("30s", 30.0),
    "plain number is seconds": ("30", 30.0),
    "plain fraction is seconds": ("0.25", 0.25),
    "compound": ("1h30m", 5400.0),
    "days": ("7d", 604800.0),
    "weeks": ("2w", 1209600.0),
    "years": ("1y", 31536000.0),
    "fraction of a unit": ("1.5h", 5400.0),
    "space before the unit": ("5 m", 300.0),
    "space around": (" 5m ", 300.0),
    "zero": ("0", 0.0),
    "decimal sums are exact": ("100ms200ms", 0.3),
    "nanoseconds": ("5ns", 5e-9),
    "micro sign": ("3µs", 3e-6),
}


@pytest.mark.parametrize(("text", "seconds"), DURATIONS.values(), ids=DURATIONS)
def test_durations_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "5x", "-5s", "5s!", "1h 30", "five", "1e3s", "9" * 400])
def test_durations_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 250ms"):
        parse_duration(text)


SIZES = {
    "binary": ("64MiB", 64 * 1024**2),
    "decimal": ("500MB", 500_000_000),
    "kubernetes": ("64Mi", 64 * 1024**2),
    "kubernetes decimal": ("5G", 5_000_000_000),
    "any case": ("4gib", 4 * 1024**3),
    "fraction": ("1.5KiB", 1536),
    "plain number is bytes": ("1000", 1000),
    "space before the unit": ("1 TiB", 1024**4),
    "large whole numbers stay exact": ("9007199254740993", 9007199254740993),
}


@pytest.mark.parametrize(("text", "size"), SIZES.values(), ids=SIZES)
def test_sizes_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "-1", "5 parsecs", "1,5GiB", "0x10", "9" * 400, "8388608TiB"])
def test_sizes_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 512KiB"):
        parse_size(text)


@given(st.integers(min_value=0, max_value=2**62))
def test_printed_size_reads_back(size: int) -> None:
    assert parse_size(format_size(size)) == size


@given(st.integers(min_value=0, max_value=10**15))
def test_printed_duration_reads_back_to_the_nanosecond(micros: int) -> None:
    seconds = micros / 1e6
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, abs=1e-9, rel=1e-15)


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_duration, parse_size):
        try:
            assert parse(text) >= 0
        except ValueError as error:
            assert "write it like" in str(error)
