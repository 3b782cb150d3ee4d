from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.logql.line_pattern import parse_line_pattern
from prologue.logql.log_nodes import LineFilter, LineOp, Needle
from prologue.logql.lower.line_filters import (
    index_hint,
    inner_tokens,
    lower_ascii,
    pattern_regex,
    quote_regex,
)
from prologue.logql.lower.sql import Bindings


def tokens(text: str) -> set[str]:
    """The index's own splitting: everything but ASCII letters, digits and non-ASCII separates."""
    return set(re.findall(r"[a-z0-9\u0080-\U0010FFFF]+", lower_ascii(text)))


@given(st.text(alphabet="aB1 é.-"), st.text(alphabet="aB1 é.-"), st.text(alphabet="aB1 é.-"))
def test_no_line_with_the_needle_lacks_an_inner_token(before: str, needle: str, after: str) -> None:
    assert set(inner_tokens(needle)) <= tokens(before + needle + after)


@pytest.mark.parametrize(
    ("text", "found"),
    [("error", ()), (" error ", ("error",)), ("a=b c", ("b",)), ('msg="Boom', ()), (" É x ", ("x", "É"))],
)
def test_inner_tokens(text: str, found: tuple[str, ...]) -> None:
    assert inner_tokens(text) == found


def test_a_hint_needs_a_token_of_every_alternative() -> None:
    bindings = Bindings()
    assert index_hint(LineFilter(LineOp.CONTAINS, (Needle(" a "), Needle("b"))), bindings) is None
    assert index_hint(LineFilter(LineOp.NOT_CONTAINS, (Needle(" a "),)), bindings) is None
    assert index_hint(LineFilter(LineOp.CONTAINS, (Needle(" a "), Needle(" b "))), bindings) is not None


@given(st.text())
def test_quoted_text_matches_itself(text: str) -> None:
    assert re.fullmatch(quote_regex(text), text)


@pytest.mark.parametrize(
    ("pattern", "line", "matches"),
    [
        ("<_>b<_>", "abc", True),
        ("b<_>", "abc", False),
        ("a<_>", "abc", True),
        ("a<_>c", "abc", True),
        ("a<_>c", "abcd", False),
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("<_>.<_>", "abc", False),
        ("a<_>", "a\nb", True),
    ],
)
def test_patterns(pattern: str, line: str, matches: bool) -> None:
    assert bool(re.search(pattern_regex(parse_line_pattern(pattern)), line)) is matches
