"""Pointing at an error in a query, and who decides about colour."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from prologue.cli.asking import display_options, pointing_at
from prologue.model.errors import EngineError, Position, QueryError


def test_a_query_error_gains_the_query_and_a_caret() -> None:
    with pytest.raises(QueryError) as caught, pointing_at("{a=}"):
        raise QueryError("no", position=Position(1, 4, 3))
    assert [click.unstyle(note) for note in caught.value.__notes__] == ["  {a=}\n     ^"]


@pytest.mark.parametrize("error", [QueryError("no"), EngineError("no")])
def test_without_a_position_there_is_nothing_to_point_at(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, pointing_at("{a=}"):
        raise error
    assert not hasattr(caught.value, "__notes__")


COLOURS = {
    "asked for": (["--color", "always"], "", "True UTC"),
    "asked against": (["--color", "never"], "", "False UTC"),
    "left to the terminal": ([], "", "None UTC"),
    "no-color.org": ([], "1", "False UTC"),
    "asked for in spite of it": (["--color", "always"], "1", "True UTC"),
}


@pytest.mark.parametrize(("options", "no_color", "said"), COLOURS.values(), ids=COLOURS)
def test_colour(options: list[str], no_color: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    @display_options
    def show(zone: object) -> None:
        click.echo(f"{click.get_current_context().color} {zone}")

    monkeypatch.setenv("NO_COLOR", no_color)
    assert CliRunner().invoke(show, ["--utc", *options]).output == f"{said}\n"
