"""`prologue labels`: which labels there are, and which values one of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import orjson

from prologue.cli.asking import now, pointing_at
from prologue.cli.options import server_options
from prologue.cli.show.text import safe
from prologue.cli.times import parse_range

if TYPE_CHECKING:
    from prologue.client.http import Client


@click.command("labels")
@click.argument("name", required=False)
@click.option("--since", metavar="AGE", help="Start so long before the end.  [default: 1h]")
@click.option("--from", "start", metavar="TIME", help="Start: RFC 3339, 14:05, now-1h, Unix time.")
@click.option("--to", "end", metavar="TIME", help="End.  [default: now]")
@click.option("--query", "selector", metavar="SELECTOR", help="Only of these streams: '{app=\"x\"}'.")
@click.option("-o", "--output", type=click.Choice(["lines", "jsonl"]), default="lines", show_default=True)
@server_options
def command(
    name: str | None,
    *,
    client: Client,
    since: str | None,
    start: str | None,
    end: str | None,
    selector: str | None,
    output: str,
) -> None:
    """List the names of labels, or the values of the label NAME."""
    when = parse_range(since, start, end, now())
    with pointing_at(selector or ""):
        if name is None:
            found = client.labels(start=when.start, end=when.end, query=selector)
        else:
            found = client.label_values(name, start=when.start, end=when.end, query=selector)
    for text in found:
        click.echo(orjson.dumps(text).decode() if output == "jsonl" else safe(text))
    if not found:
        what = f"the label {name} has no value" if name else "no stream has a label"
        click.echo(f"{what} in that range; widen it with --since", err=True)
