"""`prologue parse`: custom parsers tried out, measured and explained, without a server."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from prologue.cli.asking import now
from prologue.cli.options import server_options
from prologue.cli.suggest.command import suggest
from prologue.cli.times import parse_range
from prologue.model.errors import UserError
from prologue.model.labels import with_service_name
from prologue.parse.pipelines.document import Surroundings
from prologue.parse.pipelines.nodes import Match, PipelineSet
from prologue.parse.pipelines.read import pipeline_set, read_file

if TYPE_CHECKING:
    from prologue.client.http import Client
    from prologue.model.payload import Payload
    from prologue.pipeline.trial import Bench

_MOST_BYTES = 64 * 1024**2
_POLL_SECONDS = 0.3
_MATCH_HELP = "Mind `match`, or give every line to all pipelines."


@click.group("parse")
def command() -> None:
    """Try, measure and explain custom parsers. docs/parsers.md is the language."""


command.add_command(suggest)


def label_option(function: click.decorators.FC) -> click.decorators.FC:
    """`--label name=value`, as often as one likes."""
    return click.option(
        "--label", "labels", multiple=True, metavar="NAME=VALUE", help="A stream label of the lines."
    )(function)


@command.command("test")
@click.argument("pipeline", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("lines", type=click.File("rb"))
@label_option
@click.option("--match/--no-match", "matched", default=True, help=_MATCH_HELP)
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--allow-python", is_flag=True, help="Run `python` stages.")
def test(
    pipeline: Path,
    lines: BinaryIO,
    labels: tuple[str, ...],
    matched: bool,
    output: str,
    allow_python: bool,
) -> int:
    """Show what PIPELINE makes of LINES, before and after. Nothing is stored.

    \b
    prologue parse test nginx.yaml access.log --label service_name=nginx
    """
    from prologue.cli.show import trial as show  # noqa: PLC0415 - the engine takes a second to import

    data = lines.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UserError(f"the lines are more than {_MOST_BYTES >> 20} MiB", cure="give a part of them")
    with _bench() as bench:
        parsing = bench.check(_read(pipeline, matched=matched, allow_python=allow_python))
        trial = bench.try_lines(parsing, _payload(data, labels))
    failed = sum(tally.failed for tally in trial.tallies)
    click.echo(show.as_json(trial) if output == "json" else show.as_table(trial), nl=False)
    return 1 if failed else 0


@command.command("bench")
@click.argument("pipeline", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("lines", type=click.File("rb"))
@label_option
@click.option("--match/--no-match", "matched", default=True, help=_MATCH_HELP)
@click.option("--size", metavar="MIB", type=click.IntRange(1, 512), default=32, show_default=True,
              help="Repeat the lines up to so many MiB.")  # fmt: skip
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--allow-python", is_flag=True, help="Run `python` stages.")
def bench(
    pipeline: Path,
    lines: BinaryIO,
    labels: tuple[str, ...],
    matched: bool,
    size: int,
    rounds: int,
    allow_python: bool,
) -> None:
    """Measure how fast PIPELINE parses LINES, on one thread of the engine.

    Told are MB of lines for each CPU-second, that is for each core, in the best of some rounds.
    """
    data = lines.read(_MOST_BYTES).rstrip(b"\n") + b"\n"
    if not data.strip():
        raise UserError("there are no lines", cure="give some; they are repeated up to --size")
    with _bench({"max_threads": 1}) as trial:
        parsing = trial.check(_read(pipeline, matched=matched, allow_python=allow_python))
        payload = _payload(data * max(1, (size << 20) // len(data)), labels)
        measured = trial.measure(parsing, payload, rounds)
    for tally in measured.tallies:
        failed = f", {tally.failed} failed" if tally.failed else ""
        click.echo(f"{tally.pipeline}: {tally.taken} lines{failed}", err=True)
    rate = measured.bytes / measured.cpu_seconds / 1e6
    each = measured.cpu_seconds / measured.lines * 1e9
    click.echo(f"{rate:.1f} MB/s per core ({measured.lines} lines, {each:.0f} ns of CPU each)")


@command.command("explain")
@click.argument("pipeline", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--allow-python", is_flag=True, help="Accept `python` stages.")
def explain(pipeline: Path, allow_python: bool) -> None:
    """Print the SQL that PIPELINE is compiled to, with its bound values."""
    from prologue.cli.show import trial as show  # noqa: PLC0415 - as above
    from prologue.parse.pipelines.compile import compile_set  # noqa: PLC0415

    for program in compile_set(_read(pipeline, matched=True, allow_python=allow_python)):
        click.echo(show.explained(program), nl=False)


@command.command("rerun")
@click.argument("pipeline", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("query")
@click.option("--since", metavar="AGE", help="Start so long before the end: 15m, 1h, 7d.  [default: 1h]")
@click.option("--from", "start", metavar="TIME", help="Start: RFC 3339, 14:05, now-1h, Unix time.")
@click.option("--to", "end", metavar="TIME", help="End.  [default: now]")
@click.option("--wait/--no-wait", default=True, help="Wait until it is done.  [default: wait]")
@server_options
def rerun(
    pipeline: Path,
    query: str,
    since: str | None,
    start: str | None,
    end: str | None,
    wait: bool,
    client: Client,
) -> int:
    """Parse stored lines again: those that QUERY matches, by PIPELINE.

    What is replaced is deleted only once what replaces it is durable; in between both can be seen.

    \b
    prologue parse rerun nginx.yaml '{service_name="nginx"}' --since 1d
    """
    when = parse_range(since, start, end, now(), None)
    text = pipeline.read_text(encoding="utf-8")
    state = client.rerun(query, text, when.start, when.end)
    click.echo(f"{state['id']} is under way", err=True)
    while wait and state["status"] not in ("processed", "failed"):
        time.sleep(_POLL_SECONDS)
        state = next(one for one in client.reruns() if one["id"] == state["id"])
    if state["status"] == "failed":
        raise UserError(f"the lines stay as they were: {state['message']}", cure="correct the pipeline")
    if wait:
        click.echo(f"{state['lines']} lines were parsed again")
    return 0


def _read(path: Path, *, matched: bool, allow_python: bool) -> PipelineSet:
    pipelines = read_file(path, Surroundings(allow_python=allow_python))
    if not matched:
        pipelines = [replace(one, match=Match()) for one in pipelines]
    if not pipelines:
        raise UserError(f"{path} holds no pipeline", cure="write one; docs/parsers.md shows how")
    return pipeline_set(pipelines)


def _payload(data: bytes, labels: tuple[str, ...]) -> Payload:
    from prologue.pipeline.trial import lines_payload  # noqa: PLC0415 - as above

    named = {}
    for label in labels:
        name, equals, value = label.partition("=")
        if not equals or not name:
            raise UserError(
                f"--label {label!r} is not a pair", cure="write it like --label service_name=nginx"
            )
        named[name] = value
    return lines_payload(data, with_service_name(named))


@contextmanager
def _bench(settings: dict[str, str | int | float] | None = None) -> Iterator[Bench]:
    """An engine in a folder that goes away again."""
    from prologue.pipeline.trial import Bench  # noqa: PLC0415 - as above
    from prologue.store.embedded import EmbeddedEngine  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="prologue-parse-") as folder:
        engine = EmbeddedEngine(Path(folder), settings=settings)
        try:
            yield Bench(engine)
        finally:
            engine.close()
