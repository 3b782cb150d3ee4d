from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.logql.units import (
    BYTES,
    DURATION,
    format_bytes,
    format_duration,
    parse_bytes,
    parse_duration,
)


@given(st.integers(0, 2**63 - 1))
def test_a_duration_reads_back(ns: int) -> None:
    text = format_duration(ns)
    assert DURATION.fullmatch(text)
    assert parse_duration(text) == ns


@given(st.integers(0, 2**64 - 1))
def test_a_size_reads_back(size: int) -> None:
    text = format_bytes(size)
    assert BYTES.fullmatch(text)
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1kB", 1000),
        ("1KB", 1000),
        ("1KiB", 1024),
        ("1MiB", 2**20),
        ("1G", 10**9),
        ("2Ti", 2**41),
        ("0.5B", 0),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_bytes(text) == size


def test_a_fraction_is_exact() -> None:
    # 0.1 and 0.3 are no binary fractions; a float would cut off a nanosecond somewhere.
    assert [parse_duration(f"{n}.{n}s") for n in (1, 3, 7)] == [1_100_000_000, 3_300_000_000, 7_700_000_000]
    assert parse_bytes("4.1PB") == 4_100_000_000_000_000
