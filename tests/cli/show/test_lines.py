"""Log lines for people."""

from __future__ import annotations

from datetime import UTC

import click
import pytest

from prologue.cli.show.lines import common_labels, print_lines, render_line
from prologue.client.results import Categories, Line

AT = 1_795_442_707_123_456_789


def shown(labels: dict[str, str], line: Line, common: dict[str, str] | None = None) -> str:
    return click.unstyle(render_line(labels, line, common or {}, UTC))


LINES = {
    "level of the stream": (
        {"app": "a", "detected_level": "error"},
        Line(AT, "boom"),
        '2026-11-23 14:05:07.123 error    {app="a"} boom',
    ),
    "level of the line": (
        {},
        Line(AT, "boom", Categories({"detected_level": "warn"})),
        "2026-11-23 14:05:07.123 warn     boom",
    ),
    "no level": ({}, Line(AT, "x"), "2026-11-23 14:05:07.123 unknown  x"),
    "a stack trace is indented": ({}, Line(AT, "a\nb\n"), "2026-11-23 14:05:07.123 unknown  a\n    b"),
    "parsed labels": (
        {},
        Line(AT, "x", Categories({}, {"status": "500"})),
        '2026-11-23 14:05:07.123 unknown  x {status="500"}',
    ),
}


@pytest.mark.parametrize(("labels", "line", "expected"), LINES.values(), ids=LINES)
def test_one_line(labels: dict[str, str], line: Line, expected: str) -> None:
    assert shown(labels, line) == expected


def test_common_labels_are_left_out() -> None:
    assert shown({"app": "a", "pod": "p"}, Line(AT, "x"), {"app": "a"}).endswith('{pod="p"} x')


COMMON = {
    "none": ([], {}),
    "one stream": ([{"a": "1", "detected_level": "info"}], {"a": "1"}),
    "shared and not": ([{"a": "1", "b": "2"}, {"a": "1", "b": "3"}, {"a": "1"}], {"a": "1"}),
    "nothing shared": ([{"a": "1"}, {"b": "1"}], {}),
}


@pytest.mark.parametrize(("sets", "expected"), COMMON.values(), ids=COMMON)
def test_common_labels(sets: list[dict[str, str]], expected: dict[str, str]) -> None:
    assert common_labels(sets) == expected


def test_common_labels_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    print_lines([({"app": "a"}, Line(AT, "x")), ({"app": "a"}, Line(AT, "y"))], UTC)
    said = capsys.readouterr()
    assert said.err == 'labels of every line: {app="a"}\n'
    assert said.out.splitlines() == [
        "2026-11-23 14:05:07.123 unknown  x",
        "2026-11-23 14:05:07.123 unknown  y",
    ]
