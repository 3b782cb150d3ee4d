"""`prologue version`."""

from __future__ import annotations

from importlib.metadata import version

import click


@click.command("version")
def command() -> None:
    """Print the version of this installation."""
    click.echo(f"prologue {version('prologue-logs')}")
