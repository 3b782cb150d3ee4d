"""The command line's page of the documentation, written from the commands themselves.

`python -m prologue.cli.reference > docs/cli.md` writes it; a test fails when page and commands differ.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from prologue.cli.main import root

_OPENING = """\
# The command line

<!-- Written by `python -m prologue.cli.reference`; a test fails when this page lags. -->

`prologue up` starts the server. Every other command is a client of the public HTTP API, so it works
against a server on another machine, and most of it against any Loki-compatible server.

**Which server**: `--url`, else `PROLOGUE_URL`, else the address on which `prologue up` would listen with
the same environment. **Which tenant**: `--tenant`, else `PROLOGUE_TENANT`, else the server's default.
**TLS**: for `https` addresses `--ca` names the authority to trust instead of the system's, `--cert` and
`--key` the certificate to show to a server that asks for one, or `PROLOGUE_CA`, `PROLOGUE_CERT` and
`PROLOGUE_KEY` do.

**Times** (`--from`, `--to`, `--at`): RFC 3339 (`2026-11-23T14:05:00Z`), a date and time or a time of today in
local time (`'2026-11-23 14:05'`, `14:05`), an age (`1h`, `now-1h`), or Unix time in s, ms, us or ns.

**Output** (`-o`): `pretty` for people; `jsonl` and `csv` for programs, with every label and all nine
digits of the time; `table`; `raw`, the bare lines. Results go to stdout, remarks and errors to stderr.
In `pretty` output the control characters of a log line are escaped and its colours kept. `--color` and
`NO_COLOR` decide about colour where the terminal does not.

**Exit codes**: 0 fine; 1 the work failed; 2 the input was wrong; 130 stopped by Ctrl-C before it was done
(Ctrl-C is how `tail` and `demo` end: then it is 0). An error is one line that ends with the cure; a
query error adds the query with a caret at the place. `PROLOGUE_DEBUG=1` adds the traceback.

## Everyday use

```sh
prologue up                                              # start; the UI is at http://127.0.0.1:3100/
prologue demo                                            # no logs at hand? send a simulated shop's
prologue query '{service_name="checkout"} |= "timeout"' --since 1h
prologue query 'sum by (service_name) (rate({namespace="shop"}[5m]))' --since 6h
prologue query '{service_name="payment"}' --from 14:00 --to 14:10 -o csv > payment.csv
prologue tail '{service_name=~".+"} | detected_level="error"'
prologue labels service_name
prologue doctor                                          # what is wrong here, and how to mend it
```
"""


def reference_page() -> str:
    """The whole page, Markdown."""
    # click keeps a command's help option as the first context had it: it must be the one of every day.
    context = click.Context(root, info_name="prologue", **root.context_settings)
    return "\n".join([_OPENING, *_commands(root, context)])


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context)
        yield _section(command, inner)
        if isinstance(command, click.Group):
            yield from _commands(command, inner)


def _section(command: click.Command, context: click.Context) -> str:
    help_text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    rows = [_row(option, context) for option in command.params if isinstance(option, click.Option)]
    parts = [f"## `{context.command_path}`", "", f"`{usage}`", "", _code_examples(help_text), ""]
    if rows:
        parts += ["| option | meaning |", "|---|---|", *rows, ""]
    return "\n".join(parts)


def _row(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    assert record is not None
    names, meaning = (text.replace("|", "\\|") for text in record)
    return f"| `{names}` | {' '.join(meaning.split())} |".replace("\\|", " or ")


def _code_examples(text: str) -> str:
    """Lines of a command's help that are commands themselves become code."""
    lines = text.splitlines()
    shown = [f"    {line.strip()}" if line.strip().startswith("prologue ") else line for line in lines]
    return "\n".join(shown)


if __name__ == "__main__":
    print(reference_page(), end="")
