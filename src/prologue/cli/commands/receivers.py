"""`prologue receivers`: which ways in there are, what came over each, and what went wrong last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import click
import orjson

from prologue.cli.asking import display_options, now
from prologue.cli.options import server_options
from prologue.cli.show.text import safe
from prologue.cli.times import SECOND
from prologue.config.units import about_size, format_duration

if TYPE_CHECKING:
    from prologue.client.http import Client

_COLUMNS = ("receiver", "records", "a second", "bytes", "open", "errors", "dropped", "last seen", "at")


@click.command("receivers")
@click.option("-o", "--output", type=click.Choice(["pretty", "jsonl"]), default="pretty", show_default=True)
@click.option("--used", is_flag=True, help="Only those that somebody has sent to.")
@display_options
@server_options
def command(
    *,
    client: Client,
    output: str,
    used: bool,
    zone: tzinfo | None,  # noqa: ARG001 - ages are the same in every zone
) -> None:
    """List the ways in over the network: what is durable since the start, rates, and the last error.

    Records and bytes (unpacked) are those acknowledged. Dropped are those that came over a protocol
    without back-pressure and could not be kept.
    """
    found = [receiver for receiver in client.status()["receivers"] if not used or _was_used(receiver)]
    if output == "jsonl":
        for receiver in found:
            click.echo(orjson.dumps(receiver).decode())
        return
    _print(found)
    if not found:
        click.echo("nobody has sent anything; leave out --used to see where to send to", err=True)


def _was_used(receiver: Mapping[str, Any]) -> bool:
    return bool(receiver["last_seen_ns"] or receiver["errors"] or receiver["last_error"])


def _print(found: list[dict[str, Any]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - jsonl need not wait for it
    from rich.text import Text  # noqa: PLC0415

    from prologue.cli.show.samples import print_table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in _COLUMNS:
        left = name in ("receiver", "last seen", "at")
        table.add_column(name, justify="left" if left else "right", overflow="fold")
    moment = now()
    for receiver in found:
        table.add_row(*(Text(cell) for cell in _cells(receiver, moment)))
    print_table(table, colour=click.get_current_context().color)
    for receiver in found:
        if receiver["last_error"]:
            name = click.style(receiver["name"], bold=True)
            click.echo(f"{name}: last error: {safe(receiver['last_error'])}")


def _cells(receiver: Mapping[str, Any], moment: int) -> list[str]:
    seen = receiver["last_seen_ns"]
    return [
        safe(receiver["name"]),
        f"{receiver['records']:,}",
        f"{receiver['rate']:,.1f}",
        about_size(receiver["bytes"]),
        str(receiver["connections"]),
        f"{receiver['errors']:,}",
        f"{receiver['dropped']:,}",
        f"{format_duration(max(0, (moment - seen) // SECOND))} ago" if seen else "never",
        safe(receiver["address"]),
    ]
