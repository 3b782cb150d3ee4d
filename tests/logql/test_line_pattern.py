from __future__ import annotations

import pytest

from prologue.logql.line_pattern import (
    Capture,
    Literal,
    check_filter_pattern,
    check_parser_pattern,
    parse_line_pattern,
)
from prologue.logql.problems import TextProblem


def test_captures_and_literals() -> None:
    pattern = parse_line_pattern('<ip> - <_> "<status>"')
    assert pattern.parts == (
        *(Capture("ip"), Literal(" - "), Capture("_"), Literal(' "'), Capture("status"), Literal('"')),
    )
    assert pattern.names == ("ip", "status")
    assert pattern.source == '<ip> - <_> "<status>"'


@pytest.mark.parametrize("source", ["a < b", "<a b>", "<>", "<1x>", "a > b <"])
def test_brackets_that_capture_nothing_are_text(source: str) -> None:
    assert parse_line_pattern(source).parts == (Literal(source),)


@pytest.mark.parametrize(("source", "offset"), [("", 0), ("<a><b>", 3), ("x<_><_>", 4)])
def test_what_is_no_pattern(source: str, offset: int) -> None:
    with pytest.raises(TextProblem) as caught:
        parse_line_pattern(source)
    assert caught.value.offset == offset


@pytest.mark.parametrize(("source", "offset"), [("abc", 0), ("<_>", 0), ("<a> <a>", 4)])
def test_a_parser_needs_distinct_names(source: str, offset: int) -> None:
    with pytest.raises(TextProblem) as caught:
        check_parser_pattern(parse_line_pattern(source))
    assert caught.value.offset == offset


def test_a_filter_has_no_names() -> None:
    check_filter_pattern(parse_line_pattern("a <_> b"))
    with pytest.raises(TextProblem) as caught:
        check_filter_pattern(parse_line_pattern("a <b>"))
    assert caught.value.offset == 2
