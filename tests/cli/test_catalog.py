"""The list of commands and the modules it names."""

from __future__ import annotations

import importlib
import pkgutil

import click
import pytest

from prologue.cli import commands
from prologue.cli.catalog import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_entry_is_a_command_of_that_name(name: str) -> None:
    command = importlib.import_module(COMMANDS[name].module).command
    assert isinstance(command, click.Command)
    assert command.name == name


def test_every_module_of_commands_is_listed() -> None:
    modules = {f"{commands.__name__}.{module.name}" for module in pkgutil.iter_modules(commands.__path__)}
    assert modules == {entry.module for entry in COMMANDS.values()}
