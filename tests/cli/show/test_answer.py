"""One answer in the format that was asked for: every kind of answer in every format."""

from __future__ import annotations

from datetime import UTC

import click
import pytest

from prologue.cli.show.answer import OUTPUTS, print_answer
from prologue.client.results import (
    Line,
    Matrix,
    Point,
    Result,
    Sample,
    Scalar,
    Series,
    Stream,
    Streams,
    Vector,
)
from prologue.model.errors import UserError

ANSWERS: dict[str, tuple[Result, int]] = {
    "streams": (Streams([Stream({"a": "1"}, [Line(2, "needle"), Line(1, "needle")])]), 2),
    "matrix": (Matrix([Series({"a": "1"}, [Sample(1, "77"), Sample(2, "77")])]), 1),
    "vector": (Vector([Point({"a": "1"}, Sample(1, "77"))]), 1),
    "scalar": (Scalar(Sample(1, "77")), 1),
    "no streams": (Streams([]), 0),
    "no series": (Matrix([]), 0),
    "no points": (Vector([]), 0),
}


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_in_every_format(name: str, output: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer, count = ANSWERS[name]
    with click.Context(click.Command("query")):
        if output == "raw" and not isinstance(answer, Streams):
            with pytest.raises(UserError, match="-o raw"):
                print_answer(answer, output, newest_first=True, zone=UTC)
            return
        assert print_answer(answer, output, newest_first=True, zone=UTC) == count
    said = capsys.readouterr().out
    needle = "needle" if isinstance(answer, Streams) else "77"
    assert said.count(needle) >= count
