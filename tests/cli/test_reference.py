"""The page of the documentation is the commands' own words, and its examples are real commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from prologue.cli.main import root
from prologue.cli.reference import reference_page

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference_page(), (
        "run: .venv/bin/python -m prologue.cli.reference > docs/cli.md"
    )


def examples() -> list[str]:
    block = re.search(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    return block[1].splitlines()


@pytest.mark.parametrize("line", examples())
def test_the_examples_are_read_by_the_commands(line: str) -> None:
    words = shlex.split(line.partition(" > ")[0], comments=True)
    assert words[0] == "prologue"
    name, command, rest = root.resolve_command(click.Context(root), words[1:])
    assert command is not None
    command.make_context(name, rest)
