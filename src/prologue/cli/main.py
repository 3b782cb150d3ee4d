"""Entry point: runs a command, turns every failure into one line and an exit code.

0: fine. 1: the work failed. 2: the user's input was wrong. 130: stopped by Ctrl-C before it was done.
Next chapter: `prologue.cli.catalog`.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Sequence

import click

from prologue.cli.catalog import COMMANDS
from prologue.config.environment import DEBUG, variable
from prologue.config.schema import nearest
from prologue.model.errors import PrologueError, UserError


class Commands(click.Group):
    """The commands of the catalog, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        found = importlib.import_module(entry.module).command
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = nearest(args[0], COMMANDS)
            cure = f"did you mean {near}?" if near else "see `prologue --help`"
            raise click.UsageError(f"there is no command {args[0]}; {cure}")
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "--version", package_name="prologue-logs", message="%(prog)s %(version)s")
def root() -> None:
    """Prologue: a cloud-native log platform. Start with `prologue up`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the process's exit code."""
    try:
        code = root.main(args=arguments, prog_name="prologue", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return error.exit_code
    except click.ClickException as error:
        return _fail(_usage_line(error), error.exit_code)
    except click.Abort:
        return _fail("stopped", 130)
    except PrologueError as error:
        _trace_if_asked()
        return _fail(_line(error), 2 if isinstance(error, UserError) else 1, getattr(error, "__notes__", ()))
    except Exception as error:  # the last line of defence: a defect of ours, told without a traceback
        _trace_if_asked()
        return _fail(f"defect: {type(error).__name__}: {error}; set {DEBUG}=1 to see where, and report it", 1)


def _line(error: PrologueError) -> str:
    return f"{error.message}; {error.cure}" if error.cure else error.message


def _usage_line(error: click.ClickException) -> str:
    message = error.format_message()
    context = error.ctx if isinstance(error, click.UsageError) else None
    # Where the command exists, its own help lists the options that the message misses.
    return (
        f"{message.rstrip('.')}; see `{context.command_path} --help`"
        if context and context.parent
        else message
    )


def _trace_if_asked() -> None:
    if variable(DEBUG):
        traceback.print_exc()


def _fail(line: str, code: int, notes: Sequence[str] = ()) -> int:
    click.echo(f"{click.style('prologue:', fg='red', bold=True)} {' '.join(line.split())}", err=True)
    for note in notes:
        click.echo(note, err=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
