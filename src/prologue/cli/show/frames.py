"""A table for a person, for a program, or as a file of columns."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import IO, Any

import click
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from prologue.cli.show import text
from prologue.cli.times import format_exact, format_time
from prologue.client.frames import Frame
from prologue.model.errors import UserError


def write_frame(frame: Frame, output: str, path: Path | None, zone: tzinfo | None) -> None:
    """To a file, or to stdout. Raises UserError where the file cannot be written."""
    if output in ("arrow", "parquet"):
        _write_columns(frame.to_arrow(), output, path)
        return
    if output == "table" and path is None:
        _print_table(frame, zone)
        return
    records = _jsonl(frame) if output == "jsonl" else _csv(frame)
    if path is None:
        for record in records:
            click.echo(record)
        return
    with _opened(path) as file:
        for record in records:
            file.write(record.encode() + b"\n")


def _write_columns(table: pa.Table, output: str, path: Path | None) -> None:
    if path is None and sys.stdout.isatty():
        raise UserError(f"-o {output} is not for a terminal", cure="name a file with --file, or pipe it on")
    held = pa.BufferOutputStream()
    if output == "parquet":
        pq.write_table(table, held, compression="zstd")
    else:
        with pa.ipc.new_stream(held, table.schema) as writer:
            writer.write_table(table)
    with _opened(path) if path else click.open_file("-", "wb") as file:
        file.write(held.getvalue().to_pybytes())


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror}", cure="choose another --file"
        ) from error


def _rows(frame: Frame, zone: tzinfo | None, *, exact: bool) -> Iterator[dict[str, Any]]:
    """The rows with times written out: for a program all nine digits in UTC, for a person in the zone."""
    times = [field.name for field in frame.to_arrow().schema if pa.types.is_timestamp(field.type)]
    for row in frame.rows():
        for name in times:
            if row[name] is not None:
                row[name] = format_exact(row[name]) if exact else format_time(row[name], zone)
        yield row


def _jsonl(frame: Frame) -> Iterator[str]:
    for row in _rows(frame, None, exact=True):
        yield orjson.dumps(row, default=str).decode()


def _csv(frame: Frame) -> Iterator[str]:
    yield _csv_row(frame.columns)
    for row in _rows(frame, None, exact=True):
        yield _csv_row([_cell(row[name]) for name in frame.columns])


def _csv_row(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()


def _print_table(frame: Frame, zone: tzinfo | None) -> None:
    from rich.table import Table  # noqa: PLC0415 - the other forms need not wait for it
    from rich.text import Text  # noqa: PLC0415

    from prologue.cli.show.samples import print_table  # noqa: PLC0415

    schema = frame.to_arrow().schema
    table = Table(box=None, pad_edge=False, header_style="bold")
    for field in schema:
        numeric = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        table.add_column(text.safe(field.name), justify="right" if numeric else "left", overflow="fold")
    for row in _rows(frame, zone, exact=False):
        table.add_row(*(Text.from_ansi(text.safe(_cell(row[name]))) for name in frame.columns))
    print_table(table, colour=click.get_current_context().color)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return orjson.dumps(value, default=str).decode()
    return str(value)
