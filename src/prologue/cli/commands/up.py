"""`prologue up`: read the settings, then hand over to `prologue.app`."""

from __future__ import annotations

from pathlib import Path

import click

from prologue.cli.options import settings_options
from prologue.config.load import load


@click.command("up")
@settings_options
def command(config: Path | None, flags: dict[str, str | None]) -> int:
    """Start Prologue on this machine: every role in one process, until Ctrl-C or SIGTERM.

    Collects this machine's logs, serves the web UI, the Loki API and the push API. Needs no
    configuration; `prologue config show` lists what can be set.
    """
    loaded = load(config, flags)
    # Imported after the settings are read: a wrong setting is told at once, the engine takes a second.
    from prologue.app import parsers  # noqa: PLC0415
    from prologue.app.up import run  # noqa: PLC0415

    return run(loaded.settings, lambda: parsers.of(load(config, flags)), chosen=loaded.chosen)
