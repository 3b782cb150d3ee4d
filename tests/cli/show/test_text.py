"""Lines written by strangers, on a terminal."""

from __future__ import annotations

import re

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.cli.show.text import caret, labels, level, safe

LINES = {
    "plain": ("hello", "hello"),
    "tabs and newlines stay": ("a\tb\nc", "a\tb\nc"),
    "colours stay, and are closed": ("\x1b[31mred", "\x1b[31mred\x1b[0m"),
    "a cursor movement": ("a\x1b[2Jb", "a\\x1b[2Jb"),
    "a window title": ("\x1b]0;evil\x07", "\\x1b]0;evil\\x07"),
    "a carriage return hides nothing": ("evil\rgood", "evil\\x0dgood"),
    "a backspace": ("a\x08b", "a\\x08b"),
    "an eight-bit control": ("a\x9bb", "a\\x9bb"),
    "text that runs the other way": ("a\u202eb", "a\\u202eb"),
    "a null": ("a\x00b", "a\\x00b"),
    "other scripts": ("日本 ünï", "日本 ünï"),
}


@pytest.mark.parametrize(("text", "shown"), LINES.values(), ids=LINES)
def test_safe(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(st.text())
def test_nothing_but_colours_reaches_the_terminal(text: str) -> None:
    rest = re.sub(r"\x1b\[[0-9;]*m", "", safe(text))
    assert not [c for c in rest if (ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160]


def test_labels_read_as_a_selector() -> None:
    assert labels({"b": 'say "hi"\n', "a": "\\"}) == '{a="\\\\", b="say \\"hi\\"\\n"}'


def test_levels_line_up() -> None:
    assert {len(click.unstyle(level(name))) for name in ("info", "critical", "anything else")} == {8}


CARETS = {
    "start": ("{a=}", 1, 1, "  {a=}\n  ^"),
    "middle": ("{a=}", 1, 4, "  {a=}\n     ^"),
    "past the end": ("{a=", 1, 4, "  {a=\n     ^"),
    "second line": ("{a=\n x}", 2, 2, "   x}\n   ^"),
    "wide characters": ("{日=}", 1, 3, "  {日=}\n     ^"),
    "tab": ("\t}", 1, 2, "   }\n   ^"),
    "empty": ("", 1, 1, "  \n  ^"),
    "a line that is not there": ("x", 9, 1, "  x\n  ^"),
}


@pytest.mark.parametrize(("query", "line", "column", "shown"), CARETS.values(), ids=CARETS)
def test_caret(query: str, line: int, column: int, shown: str) -> None:
    assert click.unstyle(caret(query, line, column)) == shown
