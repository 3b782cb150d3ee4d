from __future__ import annotations

import pytest

from prologue.logql.lexer import MAX_QUERY_LENGTH, tokenize
from prologue.logql.tokens import Kind
from prologue.model.errors import QueryError

H = 3_600_000_000_000
ONE = {
    "integer": ("250", Kind.NUMBER, 250.0),
    "fraction": ("89.923", Kind.NUMBER, 89.923),
    "leading point": (".5", Kind.NUMBER, 0.5),
    "trailing point": ("5.", Kind.NUMBER, 5.0),
    "exponent": ("1e3", Kind.NUMBER, 1000.0),
    "signed exponent": ("2.5E-2", Kind.NUMBER, 0.025),
    "minutes, not mega": ("5m", Kind.DURATION, 300_000_000_000),
    "compound duration": ("1h30m", Kind.DURATION, H + H // 2),
    "fractional duration": ("1.5h", Kind.DURATION, H + H // 2),
    "microseconds": ("3us", Kind.DURATION, 3000),
    "micro sign": ("3µs", Kind.DURATION, 3000),
    "greek mu": ("3μs", Kind.DURATION, 3000),
    "days, weeks, years": ("1y1w1d", Kind.DURATION, (365 + 7 + 1) * 24 * H),
    "decimal bytes": ("42MB", Kind.BYTES, 42_000_000),
    "binary bytes": ("1.5KiB", Kind.BYTES, 1536),
    "bytes": ("20B", Kind.BYTES, 20),
    "lower case": ("20kb", Kind.BYTES, 20_000),
    "word": ("service_name", Kind.IDENTIFIER, "service_name"),
    "word with a digit": ("_9", Kind.IDENTIFIER, "_9"),
    "flag": ("--keep-empty", Kind.FLAG, "--keep-empty"),
    "double quotes": (r'"a\tb\"\\"', Kind.STRING, 'a\tb"\\'),
    "back-ticks": (r"`\d+`", Kind.STRING, r"\d+"),
    "back-ticks over lines": ("`a\nb`", Kind.STRING, "a\nb"),
    "unicode": ('"é☃"', Kind.STRING, "é☃"),
}


@pytest.mark.parametrize(("source", "kind", "value"), ONE.values(), ids=ONE.keys())
def test_one_token(source: str, kind: Kind, value: object) -> None:
    token, end = tokenize(source)
    assert (token.kind, token.value, end.kind) == (kind, value, Kind.END)


def test_operators_are_taken_longest_first() -> None:
    source = '{a=~"x"} |= "y" !~ "z" |> "q" != 1 >= <= == ^ %'
    texts = [t.text for t in tokenize(source) if t.kind is Kind.OPERATOR]
    assert texts == ["{", "=~", "}", "|=", "!~", "|>", "!=", ">=", "<=", "==", "^", "%"]


def test_comments_run_to_the_end_of_the_line() -> None:
    assert [t.text for t in tokenize("a # b {\n# c\nd # e")] == ["a", "d", ""]


def test_a_hash_inside_a_string_is_text() -> None:
    assert tokenize('"a # b"')[0].value == "a # b"


WRONG = {
    "single quotes": ("{a='b'}", 3, "double quotes"),
    "dotted label": ('{a.b="c"}', 2, "a_b"),
    "open string": ('{a="b', 3, "close it"),
    "line break in a string": ('"a\nb"', 0, "back-ticks"),
    "open back-tick": ("`a", 0, "back-tick"),
    "unknown escape": (r'"a\d"', 2, "back-ticks"),
    "short hexadecimal escape": (r'"\x4"', 1, "2 hexadecimal"),
    "surrogate escape": (r'"\ud800"', 1, "code point"),
    "unknown unit": ("5q", 0, "1h30m"),
    "number run into a word": ("5_000", 0, "1.5e3"),
    "huge number": ("1e999", 0, "smaller"),
    "huge duration": ("999999y", 0, "smaller"),
    "huge size": ("99EiB", 0, "smaller"),
    "template variable": ("[$__interval]", 1, "variables"),
    "not ASCII": ("{é=1}", 1, "quote"),
    "subquery": ("[5m:1m]", 3, "subqueries"),
}


@pytest.mark.parametrize(("source", "offset", "cure"), WRONG.values(), ids=WRONG.keys())
def test_what_is_no_token_is_an_error_at_its_place(source: str, offset: int, cure: str) -> None:
    with pytest.raises(QueryError) as caught:
        tokenize(source)
    assert caught.value.position is not None
    assert caught.value.position.offset == offset
    assert cure in caught.value.cure


def test_positions_count_lines_and_columns_from_one() -> None:
    with pytest.raises(QueryError) as caught:
        tokenize('{a="b"}\n  |= ;')
    position = caught.value.position
    assert position is not None
    assert (position.line, position.column, position.offset) == (2, 6, 13)


def test_a_query_that_is_too_long_is_refused() -> None:
    with pytest.raises(QueryError, match="characters long"):
        tokenize(" " * (MAX_QUERY_LENGTH + 1))
