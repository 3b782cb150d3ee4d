"""A Go template's text to pieces: literal text and the tokens of each action.

Trim markers (`{{-` and `-}}`) and comments (`{{/* */}}`) are resolved here, so the parser sees
neither. Source: the Go package documentation of text/template, "Text and spaces".
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from prologue.logql.problems import TextProblem
from prologue.logql.quoting import QuoteProblem, read_quoted

BLANKS = " \t\r\n"


class Part(enum.StrEnum):
    """What a token of an action is."""

    FIELD = "field"
    VARIABLE = "variable"
    WORD = "word"
    STRING = "string"
    NUMBER = "number"
    MARK = "mark"
    SPACE = "space"


@dataclass(frozen=True, slots=True)
class ActionToken:
    """`offset` is in the template's text. Blanks are tokens: they separate arguments."""

    part: Part
    text: str
    offset: int
    value: str | int | float = ""


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Literal output."""

    text: str


@dataclass(frozen=True, slots=True)
class ActionPiece:
    """What stands between `{{` and `}}`."""

    tokens: tuple[ActionToken, ...]
    offset: int


Piece = TextPiece | ActionPiece

_OPEN = re.compile(r"\{\{(-(?=[ \t\r\n]))?")
_COMMENT = re.compile(r"[ \t\r\n]*/\*.*?\*/(?:([ \t\r\n]+-)?\}\})", re.S)
_TOKENS = (
    (Part.SPACE, re.compile(r"[ \t\r\n]+")),
    (Part.FIELD, re.compile(r"\.[a-zA-Z_][a-zA-Z0-9_]*")),
    (Part.VARIABLE, re.compile(r"\$[a-zA-Z0-9_]*")),
    (
        Part.NUMBER,
        re.compile(
            r"[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+"
            r"|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
        ),
    ),
    (Part.WORD, re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")),
    (Part.MARK, re.compile(r":=|[|(),=.]")),
)
_CHARACTER = re.compile(r"'((?:\\.[^']*|[^'\\]))'")


def split_template(source: str) -> tuple[Piece, ...]:
    """Raises `TextProblem` at an action that does not close or a character that belongs to none."""
    pieces: list[Piece] = []
    at, trims = 0, False
    while True:
        opening = _OPEN.search(source, at)
        text = source[at : opening.start() if opening else len(source)]
        text = text.lstrip(BLANKS) if trims else text
        text = text.rstrip(BLANKS) if opening and opening.group(1) else text
        if text:
            pieces.append(TextPiece(text))
        if opening is None:
            return tuple(pieces)
        comment = _COMMENT.match(source, opening.end())
        if comment:
            at, trims = comment.end(), comment.group(1) is not None
            continue
        tokens, at, trims = _action(source, opening.end())
        pieces.append(ActionPiece(tokens, opening.start()))


def _action(source: str, at: int) -> tuple[tuple[ActionToken, ...], int, bool]:
    start, tokens = at, list[ActionToken]()
    while at < len(source):
        if source.startswith("}}", at):
            return tuple(tokens), at + 2, False
        if source.startswith("-}}", at) and tokens and tokens[-1].part is Part.SPACE:
            return tuple(tokens[:-1]), at + 3, True
        token, at = _token(source, at)
        tokens.append(token)
    raise TextProblem("this action has no end", start - 2, "close it with `}}`")


def _token(source: str, at: int) -> tuple[ActionToken, int]:
    if source[at] in '"`':
        try:
            quoted = read_quoted(source, at)
        except QuoteProblem as problem:
            raise TextProblem(str(problem), problem.offset, problem.cure) from None
        return ActionToken(Part.STRING, source[at : quoted.end], at, quoted.value), quoted.end
    if source[at] == "'":
        return _character(source, at)
    for part, pattern in _TOKENS:
        match = pattern.match(source, at)
        if match:
            return _valued(part, match.group(), at), match.end()
    cure = "an action holds .labels, $variables, functions, numbers and quoted strings"
    raise TextProblem(f"unexpected character `{source[at]}` in a template action", at, cure)


def _valued(part: Part, text: str, at: int) -> ActionToken:
    if part is not Part.NUMBER:
        return ActionToken(part, text, at, text)
    try:
        return ActionToken(part, text, at, int(text, 0))
    except ValueError:
        pass  # not an integer in any base: a float, or a mistake that the next attempt reports
    try:
        value = float(text)
    except ValueError:
        raise TextProblem(f"`{text}` is not a number", at, "write numbers like 5, 0x1F or 1.5e3") from None
    return ActionToken(part, text, at, value)


def _character(source: str, at: int) -> tuple[ActionToken, int]:
    match = _CHARACTER.match(source, at)
    cure = "quote strings with double quotes or back-ticks; single quotes hold one character"
    if match is None:
        raise TextProblem("malformed character constant", at, cure)
    inner = match.group(1)
    try:
        value = "'" if inner == "\\'" else read_quoted(f'"{inner}"', 0).value if inner != '"' else inner
    except QuoteProblem as problem:
        raise TextProblem(str(problem), at, problem.cure) from None
    if len(value) != 1:
        raise TextProblem("malformed character constant", at, cure)
    return ActionToken(Part.NUMBER, match.group(), at, ord(value)), match.end()
