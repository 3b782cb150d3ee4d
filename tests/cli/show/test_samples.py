"""Metric answers for people."""

from __future__ import annotations

import io
import math
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from prologue.cli.show.formats import sample_rows
from prologue.cli.show.samples import number, samples_table, summary_table, trend
from prologue.client.results import Matrix, Point, Sample, Scalar, Series, Vector

NUMBERS = {
    "whole": (3.0, "3"),
    "fraction": (0.1234567, "0.123457"),
    "large": (1e20, "1e+20"),
    "negative": (-5.0, "-5"),
    "NaN": (math.nan, "NaN"),
    "infinite": (math.inf, "+Inf"),
    "minus infinite": (-math.inf, "-Inf"),
}


@pytest.mark.parametrize(("value", "text"), NUMBERS.values(), ids=NUMBERS)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


TRENDS = {
    "rising": ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
    "flat": ([5, 5, 5], "▁▁▁"),
    "a gap": ([0, math.nan, 1], "▁ █"),
    "nothing known": ([math.nan], ""),
    "nothing": ([], ""),
    "infinity does not flatten the rest": ([0, math.inf, 1], "▁ █"),
}


@pytest.mark.parametrize(("values", "text"), TRENDS.values(), ids=TRENDS)
def test_trends(values: list[float], text: str) -> None:
    assert trend(values) == text


def test_a_short_burst_survives_compression() -> None:
    assert "█" in trend([0.0] * 500 + [9.0] + [0.0] * 499)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True)), st.integers(1, 50))
def test_a_trend_keeps_its_width(values: list[float], width: int) -> None:
    assert len(trend(values, width)) <= width


def text_of(table: Table) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=200, no_color=True).print(table)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_the_series_that_ends_highest_comes_first() -> None:
    answer = Matrix(
        [
            Series({"app": "low"}, [Sample(1, "5"), Sample(2, "1")]),
            Series({"app": "high"}, [Sample(1, "1"), Sample(2, "7")]),
            Series({"app": "none"}, [Sample(1, "NaN")]),
        ]
    )
    lines = text_of(summary_table(answer))
    assert lines[0].split() == ["series", "trend", "min", "max", "last"]
    assert [line.split()[0] for line in lines[1:]] == ['{app="high"}', '{app="low"}', '{app="none"}']
    assert lines[1].split()[1:] == ["▁█", "1", "7", "7"]
    assert lines[3].split()[1:] == ["NaN", "NaN", "NaN"]


def test_trends_share_one_axis() -> None:
    burst = Series({"app": "burst"}, [Sample(3, "5")])
    steady = Series({"app": "steady"}, [Sample(float(i), str(i)) for i in range(1, 5)])
    lines = text_of(summary_table(Matrix([burst, steady])))
    column = lines[0].index("trend")
    assert [line[column : column + 4] for line in lines[1:]] == ["  ▁ ", "▁▃▆█"]


ANSWERS = {
    "matrix": (Matrix([Series({"a": "1"}, [Sample(1, "5"), Sample(2, "6")])]), 2),
    "vector": (Vector([Point({"a": "1"}, Sample(1, "5"))]), 1),
    "scalar": (Scalar(Sample(1, "5")), 1),
}


@pytest.mark.parametrize(("answer", "rows"), ANSWERS.values(), ids=ANSWERS)
def test_every_sample_has_a_row(answer: Matrix | Vector | Scalar, rows: int) -> None:
    assert len(sample_rows(answer)) == rows
    lines = text_of(samples_table(answer, UTC))
    assert len(lines) == rows + 1
    assert lines[1].startswith("1970-01-01 00:00:01.000")
    assert lines[1].endswith("5")
