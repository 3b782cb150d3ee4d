"""`prologue tail`: follow a query until Ctrl-C, across restarts of the server."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING

import click

from prologue.cli.asking import display_options, now, pointing_at
from prologue.cli.options import server_options
from prologue.cli.show.formats import lines_jsonl, lines_raw
from prologue.cli.show.lines import render_line
from prologue.cli.times import SECOND
from prologue.client.results import TailMessage
from prologue.config.units import format_duration, parse_duration
from prologue.model.errors import UserError

if TYPE_CHECKING:
    from prologue.client.http import Client


@click.command("tail")
@click.argument("query", default='{service_name=~".+"}')
@click.option("-f", "--follow", is_flag=True, help="Accepted for habit's sake: it always follows.")
@click.option(
    "--since",
    metavar="AGE",
    default="0s",
    help="Start with the lines of the last 5m, 1h, ...",
    show_default=True,
)
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True,
              help="Lines at most of those that are there already.")  # fmt: skip
@click.option("--reconnect/--no-reconnect", default=True, help="Start again when the server goes away.")
@click.option(
    "-o", "--output", type=click.Choice(["pretty", "jsonl", "raw"]), default="pretty", show_default=True
)
@display_options
@server_options
def command(  # noqa: PLR0913 - the command's options, by name
    query: str,
    *,
    client: Client,
    follow: bool,  # noqa: ARG001 - see its help
    since: str,
    limit: int,
    reconnect: bool,
    output: str,
    zone: tzinfo | None,
) -> None:
    """Print the lines that match a LogQL QUERY as they arrive, until Ctrl-C.

    Without a QUERY it follows everything.
    """
    from prologue.client.tail import Follower  # noqa: PLC0415 - `--help` need not wait for it

    try:
        start = max(0, now() - round(parse_duration(since) * SECOND))
    except ValueError as error:
        raise UserError(f"--since: {error}") from error
    try:
        with pointing_at(query):
            if reconnect:
                follower = Follower(client, query, pause=time.sleep, lost=_tell_lost)
                messages: Iterable[TailMessage] = follower.messages(start=start, limit=limit)
            else:
                messages = client.tail(query, start=start, limit=limit)
            for message in messages:
                _print_message(message, output, zone)
    except KeyboardInterrupt:
        # Ctrl-C is how a tail ends: done, not failed.
        click.echo(err=True)


def _print_message(message: TailMessage, output: str, zone: tzinfo | None) -> None:
    rows = [(stream.stream, line) for stream in message.streams for line in stream.values]
    rows.sort(key=lambda row: row[1].timestamp)
    if output == "jsonl":
        texts = lines_jsonl(rows)
    elif output == "raw":
        texts = lines_raw(rows)
    else:
        texts = (render_line(labels, line, {}, zone) for labels, line in rows)
    for text in texts:
        click.echo(text)
    if message.dropped_entries:
        click.echo(
            f"{len(message.dropped_entries)} lines came faster than they could be shown; "
            "they are stored: use `prologue query`",
            err=True,
        )


def _tell_lost(reason: str, seconds: float) -> None:
    click.echo(f"{reason}; trying again in {format_duration(seconds)}", err=True)
