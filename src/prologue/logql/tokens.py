"""Tokens of LogQL: what the lexer hands to the parser.

Keywords are ordinary identifiers here: LogQL's words (`json`, `by`, `ip`, ...) are only special where
the grammar expects them, so a label may carry any of their names.

Next chapter: `prologue.logql.lexer`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from prologue.model.errors import Position


class Kind(enum.StrEnum):
    """What a token is; the value is how an error message names it."""

    IDENTIFIER = "a name"
    STRING = "a quoted string"
    NUMBER = "a number"
    DURATION = "a duration"
    BYTES = "a byte size"
    FLAG = "a flag"
    OPERATOR = "an operator"
    END = "the end of the query"


OPERATORS = (
    *("|=", "|~", "|>", "!=", "!~", "!>", "==", "=~", ">=", "<="),
    *("|", "=", ">", "<", "+", "-", "*", "/", "%", "^", "(", ")", "{", "}", "[", "]", ","),
)
"""Longest first, so that the first match is the right one."""


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is the source text; `value` its meaning: the unquoted string, ns, bytes, or the number.

    `offsets` of a string map each of its characters to the source offset it was written at, so that
    an error inside a regular expression or a template points at the right character.
    """

    kind: Kind
    text: str
    offset: int
    value: str | int | float = ""
    offsets: tuple[int, ...] = ()

    def is_operator(self, *texts: str) -> bool:
        return self.kind is Kind.OPERATOR and self.text in texts

    def is_word(self, *words: str) -> bool:
        return self.kind is Kind.IDENTIFIER and self.text in words

    def describe(self) -> str:
        return self.kind.value if self.kind is Kind.END else f"`{self.text}`"


def position_at(source: str, offset: int) -> Position:
    """The line and column of a character offset."""
    before = source[:offset]
    return Position(line=before.count("\n") + 1, column=offset - (before.rfind("\n") + 1) + 1, offset=offset)
