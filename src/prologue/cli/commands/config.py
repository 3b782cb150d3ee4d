"""`prologue config`: what is set, and where it was set."""

from __future__ import annotations

from pathlib import Path

import click

from prologue.cli.options import settings_options
from prologue.config.load import load


@click.group("config")
def command() -> None:
    """Show the settings in effect, or check a file. docs/configuration.md explains each."""


@command.command("show")
@settings_options
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def show(config: Path | None, flags: dict[str, str | None], output: str) -> None:
    """Print every setting in effect and where it came from; secrets are masked.

    Reads the same sources as `prologue up` and takes the same flags.
    """
    rows = load(config, flags).rows()
    if output == "json":
        import orjson  # noqa: PLC0415 - only this branch needs it

        settings = {
            key: {"value": value, "from": origin.kind, "place": origin.place} for key, value, origin in rows
        }
        click.echo(orjson.dumps(settings, option=orjson.OPT_INDENT_2))
        return
    widths = [max(map(len, column)) for column in zip(*((row[0], row[1]) for row in rows), strict=True)]
    for key, value, origin in rows:
        line = f"{key:<{widths[0]}}  {value:<{widths[1]}}  {origin}"
        click.echo(click.style(line, dim=True) if origin.kind == "default" else line)


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Read a configuration file and start nothing: exit code 0 if `prologue up` would accept it. Custom
    parsers and certificates that it names are read too; addresses are not tried, `prologue doctor` does.

    Only the file is judged; the environment of this shell is left out.
    """
    loaded = load(file, environ={})
    from prologue.app.judging import judge  # noqa: PLC0415 - `config show` need not wait for it

    judge(loaded)
    found = sum(origin.kind == "file" for origin in loaded.origins.values())
    click.echo(f"{file}: {found} setting{'' if found == 1 else 's'}, all good")
