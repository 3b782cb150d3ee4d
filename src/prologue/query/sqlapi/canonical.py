"""The user's text as the engine reads it: one statement, printed again by the engine's own formatter.

The text travels as a bound value to `formatQuerySingleLine`, which parses and prints and runs nothing.
What comes back has no comments, one way of quoting, and balanced parentheses whatever was sent.

Next chapter: `prologue.query.sqlapi.tree`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from prologue.logql.lower.sql import Statement
from prologue.model.errors import EngineError, Position, QueryError
from prologue.query.tabular.result import Run

MAX_CHARACTERS = 64 * 1024
REFUSED = "sql_not_allowed"
"""The `code` of everything the allow-list keeps out."""

Value = str | int | float | bool | None

_TOKEN = re.compile(
    r"(?P<text>'(?:[^'\\]|\\.|'')*')"
    r"|(?P<name>`(?:[^`\\]|\\.|``)*`|\"(?:[^\"\\]|\\.|\"\")*\")"
    r"|(?P<parameter>\{\s*(?P<key>\w+)\s*:\s*(?P<type>[^{}]*)\})",
    re.DOTALL,
)
# Only for finding where to point: in the user's text these hide words.
_HIDING = re.compile(r"'(?:[^'\\]|\\.|'')*'|/\*.*?\*/|--[^\n]*|#[^\n]*|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_PLAIN_NAME = re.compile(r"[\w .%()/\[\]-]{1,200}")
_PARAMETER_TYPE = re.compile(
    r"String|Bool|U?Int(?:8|16|32|64)|Float(?:32|64)|Date|DateTime|DateTime64(?:\([0-9]\))?|UUID"
)
_FAILED_AT = re.compile(r"failed at position (\d+)(?: \((?P<found>.*?)\))?", re.DOTALL)
_EXPECTED = re.compile(r"Expected (?:one of: )?(.*?)\.? \(SYNTAX_ERROR\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Canonical:
    """One statement as the engine prints it, with its bound values under names of our own."""

    sql: str
    parameters: Mapping[str, object]


def canonical(text: str, values: Mapping[str, Value], run: Run) -> Canonical:
    """Raises QueryError where the text is not one statement, or has a parameter or name we do not take."""
    if len(text) > MAX_CHARACTERS:
        raise QueryError(f"the SQL is longer than {MAX_CHARACTERS} characters", cure="shorten it")
    if "\0" in text:
        raise QueryError("the SQL has a zero byte", position=at(text, text.index("\0")), cure="remove it")
    if not text.strip():
        raise QueryError("the SQL is empty", cure="write SELECT ... FROM logs")
    printed = _printed(text, run)
    parts: list[str] = []
    bound: dict[str, object] = {}
    end = 0
    for token in _TOKEN.finditer(printed):
        parts.append(printed[end : token.start()])
        parts.append(_token(token, text, values, bound))
        end = token.end()
    return Canonical("".join((*parts, printed[end:])), bound)


def locate(text: str, word: str) -> Position | None:
    """Where a word stands first in the user's text, outside strings and comments."""
    hidden = _blanked(text)
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", hidden, re.IGNORECASE)
    return at(text, found.start()) if found else None


def at(text: str, offset: int) -> Position:
    """The position of a character of the text."""
    before = text[:offset]
    return Position(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1, offset)


def _printed(text: str, run: Run) -> str:
    sql = "SELECT formatQuerySingleLine({sql:String}) AS printed"
    try:
        return str(run(Statement(sql, {"sql": text}))["printed"][0].as_py())
    except EngineError as error:
        raise _syntax_error(text, error.message) from error


def _syntax_error(text: str, message: str) -> QueryError:
    if "Multi-statements are not allowed" in message:
        return QueryError(
            "there is more than one statement",
            position=_failed_at(text, message),
            cure="send one SELECT",
            code=REFUSED,
        )
    expected = _EXPECTED.search(message)
    wanted = ", ".join(expected.group(1).split(", ")[:6]) if expected else ""
    found = _FAILED_AT.search(message)
    what = f"this is not SQL from {found.group('found')!r} on" if found and found["found"] else ""
    return QueryError(
        what or "this is not SQL that the engine reads",
        position=_failed_at(text, message),
        cure=f"expected here: {wanted}" if wanted else "see docs/sql.md",
        code="sql_syntax",
    )


def _failed_at(text: str, message: str) -> Position | None:
    """The engine counts bytes from 1."""
    found = _FAILED_AT.search(message)
    if found is None:
        return None
    head = text.encode("utf-8", "surrogatepass")[: int(found.group(1)) - 1]
    return at(text, min(len(head.decode("utf-8", "ignore")), len(text)))


def _token(token: re.Match[str], text: str, values: Mapping[str, Value], bound: dict[str, object]) -> str:
    if token["name"] and not _PLAIN_NAME.fullmatch(token["name"][1:-1]):
        # A name with a line break in it could look like a line of the tree that is checked.
        raise QueryError(
            f"the name {token['name'][:60]} has characters that names here cannot have",
            position=locate(text, token["name"][1:-1]),
            cure="use letters, digits, blanks and _ . % ( ) / [ ] -",
            code=REFUSED,
        )
    if token["parameter"]:
        return _parameter(token["key"], token["type"].strip(), text, values, bound)
    return token.group()


def _parameter(key: str, kind: str, text: str, values: Mapping[str, Value], bound: dict[str, object]) -> str:
    position = locate(text, key)
    if not _PARAMETER_TYPE.fullmatch(kind):
        raise QueryError(
            f"the parameter {key!r} cannot be of type {kind[:60]}",
            position=position,
            cure="use String, Bool, Int64, UInt64, Float64, Date, DateTime64(9), UUID; names cannot be bound",
            code=REFUSED,
        )
    value = values.get(key)
    if value is None:
        raise QueryError(
            f"the parameter {key!r} has no value",
            position=position,
            cure=f'send "parameters": {{"{key}": ...}}',
        )
    # Under a name of its own: the views' parameters must not be the user's to set.
    bound[f"u_{key}"] = value
    return f"{{u_{key}:{kind}}}"


def _blanked(text: str) -> str:
    """The text with strings and comments blank, all else in place."""
    return _HIDING.sub(lambda found: " " * len(found.group()), text)
