"""What the commands that send a query share: pointing at an error in it, colour and zone options."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from functools import wraps
from typing import Any

import click

from prologue.cli.show.text import caret
from prologue.config.environment import variable
from prologue.model.errors import QueryError


@contextmanager
def pointing_at(query: str) -> Iterator[None]:
    """Adds the query, with a caret at the position, to a QueryError that leaves the block."""
    try:
        yield
    except QueryError as error:
        if error.position is not None:
            error.add_note(caret(query, error.position.line, error.position.column))
        raise


def now() -> int:
    """Unix ns: the one clock of the client commands."""
    return time.time_ns()


def display_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--color` and `--utc`; passes `zone`."""

    @click.option(
        "--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True
    )
    @click.option("--utc", is_flag=True, help="Show times in UTC instead of local time.")
    @wraps(function)
    def wrapper(*, color: str, utc: bool, **rest: Any) -> Any:
        # https://no-color.org: any value that is not empty.
        chosen = "never" if color == "auto" and variable("NO_COLOR") else color
        click.get_current_context().color = {"always": True, "never": False}.get(chosen)
        zone: tzinfo | None = UTC if utc else None
        return function(zone=zone, **rest)

    return wrapper
