"""`prologue query`: one question, one answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import click

from prologue.cli.asking import display_options, now, pointing_at
from prologue.cli.options import server_options
from prologue.cli.show.answer import OUTPUTS, print_answer
from prologue.cli.times import TimeRange, format_time, parse_range, parse_time
from prologue.client.results import Result, Streams
from prologue.config.units import parse_duration
from prologue.model.errors import UserError

if TYPE_CHECKING:
    from prologue.client.http import Client, Direction


@dataclass(frozen=True, slots=True)
class Question:
    """A query and its parameters: over a range, or at one time."""

    query: str
    when: TimeRange | int
    step: float | None
    limit: int
    direction: Direction


@click.command("query")
@click.argument("query")
@click.option("--since", metavar="AGE", help="Start so long before the end: 15m, 1h, 7d.  [default: 1h]")
@click.option("--from", "start", metavar="TIME", help="Start: RFC 3339, 14:05, now-1h, Unix time.")
@click.option("--to", "end", metavar="TIME", help="End.  [default: now]")
@click.option("--at", metavar="TIME", help="Evaluate at one time instead of over a range.")
@click.option("--step", metavar="AGE", help="Distance of a metric query's samples; else the server chooses.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Lines at most.")
@click.option("--direction", type=click.Choice(["backward", "forward"]), default="backward",
              help="Newest lines first (backward), or oldest first.")  # fmt: skip
@click.option("-o", "--output", type=click.Choice(OUTPUTS), default="pretty", show_default=True)
@display_options
@server_options
def command(query: str, *, client: Client, output: str, zone: tzinfo | None, **options: Any) -> None:
    """Ask a LogQL QUERY and print the answer.

    \b
    prologue query '{service_name="checkout"} |= "timeout"' --since 1h
    prologue query 'sum by (service_name) (rate({service_name=~".+"} | detected_level="error" [5m]))'
    """
    question = _question(query, zone, **options)
    with pointing_at(query):
        answer = _ask(client, question)
    count = print_answer(answer, output, newest_first=question.direction == "backward", zone=zone)
    _remark(question, answer, count, zone)


def _question(  # noqa: PLR0913 - the command's options, by name
    query: str,
    zone: tzinfo | None,
    *,
    since: str | None,
    start: str | None,
    end: str | None,
    at: str | None,
    step: str | None,
    limit: int,
    direction: Direction,
) -> Question:
    if at and (since or start or end or step):
        raise UserError(
            "--at asks at one time; --since, --from, --to and --step make a range", cure="give one"
        )
    clock = now()
    when = parse_time(at, clock, zone) if at else parse_range(since, start, end, clock, zone)
    try:
        seconds = parse_duration(step) if step else None
    except ValueError as error:
        raise UserError(f"--step: {error}") from error
    if seconds == 0:
        raise UserError("--step is zero", cure="write it like 30s or 5m")
    return Question(query, when, seconds, limit, direction)


def _ask(client: Client, question: Question) -> Result:
    if isinstance(question.when, int):
        return client.query_instant(
            question.query, at=question.when, limit=question.limit, direction=question.direction
        )
    return client.query_range(
        question.query,
        start=question.when.start,
        end=question.when.end,
        step=question.step,
        limit=question.limit,
        direction=question.direction,
    )


def _remark(question: Question, answer: Result, count: int, zone: tzinfo | None) -> None:
    """Say on stderr what an answer's size alone does not: that it is empty, or that it is cut."""
    if count == 0 and isinstance(question.when, TimeRange):
        start, end = (format_time(t, zone) for t in (question.when.start, question.when.end))
        click.echo(f"nothing matches from {start} to {end}; widen the range with --since", err=True)
    elif count == 0:
        click.echo("nothing matches at that time", err=True)
    elif isinstance(answer, Streams) and count == question.limit:
        side = "newest" if question.direction == "backward" else "oldest"
        click.echo(f"these are the {side} {count}; there may be more: raise --limit", err=True)
