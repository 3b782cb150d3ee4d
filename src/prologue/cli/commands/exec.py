"""`prologue exec`: run a command and ship what it writes."""

from __future__ import annotations

from pathlib import Path

import click

from prologue.cli.options import MULTILINE, agent_options
from prologue.config.load import load


@click.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@agent_options
@click.option("--service-name", metavar="NAME", default="", help="Service of its lines.")
@click.option("--multiline", metavar="RULE", default="", help=MULTILINE)
@click.option("--quiet", is_flag=True, help="Do not pass on what the command writes.")
@click.argument("command_line", nargs=-1, metavar="-- COMMAND [ARGUMENTS]", type=click.UNPROCESSED)
def command(
    *,
    config: Path | None,
    flags: dict[str, str | None],
    service_name: str,
    multiline: str,
    quiet: bool,
    command_line: tuple[str, ...],
) -> int:
    """Run a command, ship what it writes to stdout and stderr, and its exit status as the last line.

    Signals go on to the command, and its exit status is this command's. A WebAssembly module
    (`prologue exec app.wasm`) is run under WASI. The service is `--service-name`, else
    `OTEL_SERVICE_NAME`, else the command's name. Settings are those of `prologue agent`.
    """
    flags["log.level"] = flags["log.level"] or "warning"  # the terminal is the command's
    settings = load(config, flags).settings
    from prologue.app.agent.execute import require_command, run_exec  # noqa: PLC0415 - `--help` need not wait
    from prologue.collect.multiline import read_option  # noqa: PLC0415

    require_command(command_line)
    return run_exec(settings, command_line, service_name, read_option(multiline), quiet=quiet)
