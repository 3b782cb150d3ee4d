"""`prologue demo`: an hour of a simulated shop with an incident in it, then its present."""

from __future__ import annotations

import shlex
import sys
import time
from typing import TYPE_CHECKING

import click

from prologue.cli.asking import now
from prologue.cli.options import server_options
from prologue.config.units import format_duration, parse_duration
from prologue.model.errors import TemporaryError, UserError

if TYPE_CHECKING:
    from prologue.cli.demo.story import Story
    from prologue.client.http import Client

QUESTIONS = (
    (
        "Which services have errors, and since when?",
        'sum by (service_name) (count_over_time({namespace="shop"} | detected_level="error" [1m]))',
    ),
    ("What do the errors of payment say?", '{service_name="payment"} |= "Connection is not available"'),
    ("What changed in payment just before?", '{service_name="payment"} |~ "event=deploy|maximumPoolSize"'),
)


@click.command("demo")
@click.option("--since", default="1h", show_default=True, metavar="AGE", help="How much of the past to send.")
@click.option("--rate", default=50.0, show_default=True, metavar="LINES", help="Lines a second.",
              type=click.FloatRange(min=0, min_open=True, max=100_000))  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="The same seed tells the same story.")
@click.option("--once", is_flag=True, help="Send the past and stop.")
@server_options
def command(client: Client, *, since: str, rate: float, seed: int, once: bool) -> None:
    """Send the logs of a small simulated estate through the public push API.

    Ten services of a shop: six log formats, traces across services, deploys, and an incident to
    find. Sends the past quickly, then goes on live until Ctrl-C.
    """
    from prologue.cli.demo.sender import Sender, backfill, live  # noqa: PLC0415 - numpy: `--help` need not wait
    from prologue.cli.demo.simulator import Simulator  # noqa: PLC0415 - as above
    from prologue.cli.demo.story import SECOND, write_story  # noqa: PLC0415 - as above

    present = now()
    try:
        start = present - round(parse_duration(since) * SECOND)
        if start < 0:
            raise ValueError(f"{since!r} reaches back before 1970")
    except ValueError as error:
        raise UserError(f"--since: {error}") from error
    if not client.ready():
        raise TemporaryError(
            f"no server is ready at {client.url}",
            cure="start one with `prologue up`, or name another with --url",
        )
    story = write_story(start, present)
    simulator = Simulator(story, rate=rate, seed=seed)
    sender = Sender(client, pause=time.sleep)
    try:
        for batch in backfill(simulator, start, present, rate):
            sender.send(batch)
            _progress(sender.sent, since)
        if sys.stderr.isatty():
            click.echo("\r", nl=False, err=True)
        click.echo(f"sent {sender.sent:,} lines of the last {since}")
        _print_questions(client.url, story)
        if not once:
            click.echo(f"now sending {rate:g} lines a second, live; Ctrl-C stops")
            for batch in live(simulator, present, now, time.sleep):
                sender.send(batch)
    except KeyboardInterrupt:
        # Ctrl-C is how a live demo ends: done, not failed.
        click.echo(f"\nstopped after {sender.sent:,} lines")
        _print_questions(client.url, story)


def _progress(sent: int, since: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\rsent {sent:,} lines of the last {since} ", nl=False, err=True)


def _print_questions(url: str, story: Story) -> None:
    """Three steps from "something is wrong" to its cause, each a query that can be pasted."""
    since = format_duration(max(60, -(-(now() - story.start) // (60 * 10**9)) * 60))
    click.echo(f"\nSomething went wrong in this shop. Find it in three questions ({url}):\n")
    for number, (question, query) in enumerate(QUESTIONS, 1):
        click.echo(f"  {number}. {question}")
        click.echo(f"     prologue query {shlex.quote(query)} --since {since}\n")
