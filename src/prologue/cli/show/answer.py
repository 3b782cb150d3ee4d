"""One answer in the output format that was asked for.

Next chapter: `prologue.cli.show.lines`, `samples` and `formats`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import click

from prologue.cli.show import text
from prologue.cli.show.formats import LINE_FORMATS, SAMPLE_FORMATS
from prologue.cli.show.lines import Row, print_lines
from prologue.cli.times import format_time
from prologue.client.results import Matrix, Result, Scalar, Streams, Vector
from prologue.model.errors import UserError
from prologue.model.labels import DETECTED_LEVEL

OUTPUTS = ("pretty", "jsonl", "csv", "table", "raw")


def print_answer(answer: Result, output: str, *, newest_first: bool, zone: tzinfo | None) -> int:
    """Print an answer on stdout; how many lines or series it had."""
    if isinstance(answer, Streams):
        rows = list(answer.lines(newest_first=newest_first))
        _print_rows(rows, output, zone)
        return len(rows)
    if output == "raw":
        raise UserError(
            "-o raw prints log lines, and this query answers numbers", cure="use -o csv or -o jsonl"
        )
    if output in SAMPLE_FORMATS:
        for record in SAMPLE_FORMATS[output](answer):
            click.echo(record)
    else:
        _print_samples(answer, output, zone)
    return len(answer.result) if isinstance(answer.result, list) else 1


def _print_samples(answer: Matrix | Vector | Scalar, output: str, zone: tzinfo | None) -> None:
    from prologue.cli.show import samples  # noqa: PLC0415 - rich: plain lines need not wait for it

    if isinstance(answer, Matrix) and output == "pretty":
        table = samples.summary_table(answer)
    else:
        table = samples.samples_table(answer, zone)
    samples.print_table(table, colour=click.get_current_context().color)


def _print_rows(rows: Sequence[Row], output: str, zone: tzinfo | None) -> None:
    if output in LINE_FORMATS:
        for record in LINE_FORMATS[output](rows):
            click.echo(record)
    elif output == "table":
        _print_line_table(rows, zone)
    else:
        print_lines(rows, zone)


def _print_line_table(rows: Sequence[Row], zone: tzinfo | None) -> None:
    from rich.table import Table  # noqa: PLC0415 - plain lines need not wait for it
    from rich.text import Text  # noqa: PLC0415

    from prologue.cli.show.samples import print_table  # noqa: PLC0415

    names = sorted({name for labels, _ in rows for name in labels if name != DETECTED_LEVEL})
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("time", "level", *names, "line"):
        table.add_column(name, overflow="fold")
    for labels, line in rows:
        level = labels.get(DETECTED_LEVEL) or line.categories.structured_metadata.get(DETECTED_LEVEL, "")
        cells = [Text(text.safe(labels.get(n, ""))) for n in names]
        table.add_row(format_time(line.timestamp, zone), level, *cells, Text.from_ansi(text.safe(line.text)))
    print_table(table, colour=click.get_current_context().color)
