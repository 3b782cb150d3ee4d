"""`prologue parse suggest`: proposes a pipeline for sample lines, and says how many of them it reads."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click

from prologue.model.errors import UserError

_MOST_BYTES = 16 * 1024**2


@click.command("suggest")
@click.argument("lines", type=click.File("rb"), metavar="FILE")
@click.option("--name", default="", help="The pipeline's name, and its service. Default: that of the file.")
def suggest(lines: BinaryIO, name: str) -> int:
    """Propose a pipeline for the lines of FILE, on standard output.

    \b
    prologue parse suggest shop.log > shop.yaml
    prologue parse test shop.yaml shop.log
    """
    from prologue.cli.suggest.propose import propose  # noqa: PLC0415 - what it needs takes time to import

    text = lines.read(_MOST_BYTES).decode("utf-8", "replace")
    title = name or Path(getattr(lines, "name", "") or "suggested").stem.strip("<>-") or "suggested"
    found = propose(text.splitlines(), title)
    if found is None:
        raise UserError(
            "these lines have nothing in common that could become fields",
            cure="give more lines of one program, or write a pipeline (docs/parsers.md)",
        )
    click.echo(f"# {found.why}\n{found.yaml}", nl=False)
    return 0
