"""Metric answers for people: one row a series with its trend, or every sample.

The trend is a line of block characters, scaled from the series' least to its greatest value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import tzinfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from prologue.cli.show.formats import sample_rows
from prologue.cli.show.text import labels as show_labels
from prologue.cli.times import format_time
from prologue.client.results import Matrix, Scalar, Series, Vector

_BLOCKS = "▁▂▃▄▅▆▇█"
_TREND_WIDTH = 40


def summary_table(answer: Matrix) -> Table:
    """One row a series: labels, trend, least, greatest, last; the greatest last value first.

    All trends share one axis, the times of the whole answer; a series shows a gap where it has none.
    """
    axis = sorted({sample.seconds for series in answer.result for sample in series.values})
    table = _table(
        ("series", "left"), ("trend", "left"), ("min", "right"), ("max", "right"), ("last", "right")
    )
    for series in sorted(answer.result, key=lambda s: _order(s.values[-1].value if s.values else math.nan)):
        values = [sample.value for sample in series.values]
        known = [v for v in values if not math.isnan(v)] or [math.nan]
        table.add_row(
            Text(show_labels(series.metric)),
            trend(_on_axis(series, axis)),
            number(min(known)),
            number(max(known)),
            number(values[-1]) if values else "",
        )
    return table


def samples_table(answer: Matrix | Vector | Scalar, zone: tzinfo | None) -> Table:
    """One row a sample."""
    table = _table(("time", "left"), ("series", "left"), ("value", "right"))
    for labels, sample in sample_rows(answer):
        time = format_time(round(sample.seconds * 1e9), zone)
        table.add_row(time, Text(show_labels(labels)), number(sample.value))
    return table


def print_table(table: Table, *, colour: bool | None) -> None:
    """Print a table on stdout; to a file or a pipe it is as wide as its content."""
    console = Console(no_color=colour is False, force_terminal=colour, highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = 10_000
    console.print(table)


def trend(values: Sequence[float], width: int = _TREND_WIDTH) -> str:
    """Values as block characters, at most `width` of them; NaN is a gap.

    >>> trend([0, 1, 2, 7])
    '▁▂▃█'
    """
    known = [v for v in values if math.isfinite(v)]
    if not known:
        return ""
    size = max(1, math.ceil(len(values) / width))
    low, high = min(known), max(known)
    return "".join(_block(values[i : i + size], low, high) for i in range(0, len(values), size))


def _on_axis(series: Series, axis: Sequence[float]) -> list[float]:
    known = {sample.seconds: sample.value for sample in series.values}
    return [known.get(seconds, math.nan) for seconds in axis]


def _block(values: Sequence[float], low: float, high: float) -> str:
    known = [v for v in values if math.isfinite(v)]
    if not known:
        return " "
    # The greatest of a cell, so that a short burst is not averaged away.
    # Halved, because a difference of floats may be larger than a float.
    share = (max(known) / 2 - low / 2) / (high / 2 - low / 2) if high / 2 > low / 2 else 0.0
    return _BLOCKS[round(share * (len(_BLOCKS) - 1))]


def number(value: float) -> str:
    """A number a person can read: whole where it is whole, else six significant digits.

    >>> number(3.0), number(0.123456789), number(float("nan"))
    ('3', '0.123457', 'NaN')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.6g}"


def _order(value: float) -> float:
    return math.inf if math.isnan(value) else -value


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in columns:
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    return table
