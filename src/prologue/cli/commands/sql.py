"""`prologue sql`: one SELECT over the documented views."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prologue.cli.asking import display_options, now, pointing_at
from prologue.cli.options import server_options
from prologue.cli.times import TimeRange, parse_range, parse_time
from prologue.model.errors import UserError

if TYPE_CHECKING:
    from prologue.client.http import Client

OUTPUTS = ("table", "jsonl", "csv", "arrow", "parquet")


@click.command("sql")
@click.argument("query")
@click.option("--since", metavar="AGE", help="Lines so long before the end: 15m, 1h, 7d.  [default: all]")
@click.option("--from", "start", metavar="TIME", help="Lines from: RFC 3339, 14:05, now-1h, Unix time.")
@click.option("--to", "end", metavar="TIME", help="Lines before.  [default: all]")
@click.option(
    "--limit", type=click.IntRange(min=0), help="Rows at most; else all, or an error over 1,000,000."
)
@click.option("-p", "--parameter", "parameters", metavar="NAME=VALUE", multiple=True,
              help="The value of {NAME:Type} in the query; may be given several times.")  # fmt: skip
@click.option("-o", "--output", type=click.Choice(OUTPUTS), default="table", show_default=True)
@click.option("--file", "path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write there instead of to stdout.")  # fmt: skip
@display_options
@server_options
def command(  # noqa: PLR0913 - the command's options, by name
    query: str,
    *,
    client: Client,
    since: str | None,
    start: str | None,
    end: str | None,
    limit: int | None,
    parameters: tuple[str, ...],
    output: str,
    path: Path | None,
    zone: tzinfo | None,
) -> None:
    """Ask one SELECT over the views `logs` and `streams`: QUERY, in ClickHouse's SQL.

    \b
    prologue sql 'SELECT level, count() AS lines FROM logs GROUP BY level' --since 1h
    prologue sql 'SELECT * FROM logs WHERE level = {l:String}' -p l=error -o parquet --file out.parquet
    """
    from prologue.cli.show.frames import write_frame  # noqa: PLC0415 - pyarrow: `--help` need not wait

    values = dict(_parameter(text) for text in parameters)
    begin, stop = _bounds(since, start, end, zone)
    with pointing_at(query):
        frame = client.sql(query, parameters=values, start=begin, end=stop, limit=limit)
    write_frame(frame, output, path, zone)
    if not len(frame):
        click.echo("the answer has no rows", err=True)


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise UserError(f"-p {text!r} is not NAME=VALUE", cure="write it like -p service=cart")
    return name, value


def _bounds(
    since: str | None, start: str | None, end: str | None, zone: tzinfo | None
) -> tuple[int | None, int | None]:
    """What is not said is not bounded: SQL often says it in WHERE."""
    if since is None and start is None:
        return None, parse_time(end, now(), zone) if end else None
    found: TimeRange = parse_range(since, start, end, now(), zone)
    return found.start, found.end if end else None
