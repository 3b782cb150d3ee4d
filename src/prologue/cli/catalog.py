"""Every command of `prologue`: its name, its module and what the list of commands says of it.

A command's module is imported when it runs: the engine and the web server take a second to import,
and `prologue version` must not wait for them. Next chapter: `prologue.cli.commands`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """`module` holds the click command `command`; `help` is one line without its end."""

    module: str
    help: str


COMMANDS: Mapping[str, Command] = {
    "up": Command("prologue.cli.commands.up", "start Prologue on this machine"),
    "agent": Command("prologue.cli.commands.agent", "ship this machine's logs to a server"),
    "exec": Command("prologue.cli.commands.exec", "run a command and ship what it writes"),
    "demo": Command("prologue.cli.commands.demo", "send the logs of a small simulated estate"),
    "query": Command("prologue.cli.commands.query", "ask a LogQL query and print the answer"),
    "sql": Command("prologue.cli.commands.sql", "ask one SELECT over the lines, as a table or a file"),
    "tail": Command("prologue.cli.commands.tail", "follow a LogQL query as lines arrive"),
    "labels": Command("prologue.cli.commands.labels", "list labels, or the values of one"),
    "receivers": Command("prologue.cli.commands.receivers", "list the ways in: what came, what went wrong"),
    "doctor": Command("prologue.cli.commands.doctor", "check this machine and say how to mend it"),
    "parse": Command("prologue.cli.commands.parse", "try, measure and explain custom parsers"),
    "config": Command("prologue.cli.commands.config", "show the settings in effect, check a file"),
    "replay": Command("prologue.cli.commands.replay", "put batches back that were set aside, or list them"),
    "version": Command("prologue.cli.commands.version", "print the version"),
}
