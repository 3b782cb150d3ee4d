"""LogQL's text to tokens, each with the offset it was found at.

One regular expression a kind, tried in an order that settles every ambiguity: a duration before a
byte size (`5m` is minutes) and both before a number. Comments run from `#` to the end of the line.

Next chapter: `prologue.logql.parser`.
"""

from __future__ import annotations

import re

from prologue.logql.quoting import QuoteProblem, read_quoted
from prologue.logql.tokens import OPERATORS, Kind, Token, position_at
from prologue.logql.units import BYTES, DURATION, parse_bytes, parse_duration
from prologue.model.errors import QueryError

MAX_QUERY_LENGTH = 131_072
"""Characters; Loki's own limit (5120 until 2.x) was raised to this."""

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)+")
_WORD = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_FLAG = re.compile(r"--[a-zA-Z][a-zA-Z-]*")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![a-zA-Z_0-9.])")
_BAD_WORD = re.compile(r"[^\s{}()\[\],|=!<>\"`#]+")
_OPERATOR = re.compile("|".join(re.escape(text) for text in OPERATORS))


def tokenize(source: str) -> tuple[Token, ...]:
    """All tokens, ended by one of `Kind.END`. Raises `QueryError` at the first that is none."""
    if len(source) > MAX_QUERY_LENGTH:
        raise QueryError(
            f"the query is {len(source)} characters long",
            position=position_at(source, MAX_QUERY_LENGTH),
            cure=f"keep it under {MAX_QUERY_LENGTH}; a regular expression often replaces a long `or` chain",
        )
    tokens: list[Token] = []
    at = 0
    while True:
        blank = _BLANK.match(source, at)
        at = blank.end() if blank else at
        if at >= len(source):
            tokens.append(Token(Kind.END, "", len(source)))
            return tuple(tokens)
        token, at = _next(source, at)
        tokens.append(token)


def _next(source: str, at: int) -> tuple[Token, int]:
    char = source[at]
    if char in '"`':
        return _string(source, at)
    if char.isdigit() or (char == "." and source[at + 1 : at + 2].isdigit()):
        return _quantity(source, at)
    for kind, pattern in ((Kind.IDENTIFIER, _WORD), (Kind.FLAG, _FLAG), (Kind.OPERATOR, _OPERATOR)):
        match = pattern.match(source, at)
        if match:
            return Token(kind, match.group(), at, value=match.group()), match.end()
    raise _unknown(source, at)


def _string(source: str, at: int) -> tuple[Token, int]:
    try:
        quoted = read_quoted(source, at)
    except QuoteProblem as problem:
        where = position_at(source, problem.offset)
        raise QueryError(str(problem), position=where, cure=problem.cure) from None
    text = source[at : quoted.end]
    return Token(Kind.STRING, text, at, quoted.value, quoted.offsets), quoted.end


def _quantity(source: str, at: int) -> tuple[Token, int]:
    try:
        if match := DURATION.match(source, at):
            return Token(Kind.DURATION, match.group(), at, parse_duration(match.group())), match.end()
        if match := BYTES.match(source, at):
            return Token(Kind.BYTES, match.group(), at, parse_bytes(match.group())), match.end()
        if match := _NUMBER.match(source, at):
            return Token(Kind.NUMBER, match.group(), at, _float(match.group())), match.end()
    except ValueError as problem:
        where = position_at(source, at)
        raise QueryError(str(problem), position=where, cure="use a smaller value") from None
    word = _BAD_WORD.match(source, at)
    raise QueryError(
        f"`{word.group() if word else source[at]}` is neither a number, a duration nor a byte size",
        position=position_at(source, at),
        cure="write numbers like 1.5e3, durations like 1h30m, byte sizes like 20MB; quote text values",
    )


def _float(text: str) -> float:
    value = float(text)
    if value == float("inf"):
        raise ValueError(f"{text} is larger than a 64-bit float can hold")
    return value


def _unknown(source: str, at: int) -> QueryError:
    char = source[at]
    cures = {
        "'": "quote strings with double quotes or back-ticks",
        ".": "label names hold letters, digits and `_`: an attribute `a.b` is the label `a_b`",
        "$": "replace template variables before sending the query",
        "&": "write `and`",
        ":": "LogQL has no subqueries; write one range such as [5m]",
        ";": "send one query at a time",
    }
    return QueryError(
        f"unexpected character `{char}`",
        position=position_at(source, at),
        cure=cures.get(char, "remove it, or quote it if it belongs to a text"),
    )
