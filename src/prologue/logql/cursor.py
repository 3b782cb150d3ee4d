"""The parser's place in the tokens, and how it complains.

Every error carries a position and a cure. Nesting is counted, so that a hostile query ends in an
error and not in a stack overflow.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn, TypeVar

from prologue.logql.lexer import tokenize
from prologue.logql.problems import TextProblem
from prologue.logql.tokens import Kind, Token, position_at
from prologue.model.errors import QueryError

MAX_DEPTH = 60
"""Nested parentheses, aggregations and operators. Far above what people write, far below the stack."""

Parsed = TypeVar("Parsed")


class Cursor:
    """Tokens of one query and the next one to read."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._tokens = tokenize(source)
        self._next = 0
        self._depth = 0

    def peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def advance(self) -> Token:
        token = self.peek()
        self._next += 1
        return token

    def accept(self, *operators: str) -> Token | None:
        """The next token, if it is one of these operators."""
        return self.advance() if self.peek().is_operator(*operators) else None

    def accept_word(self, *words: str) -> Token | None:
        return self.advance() if self.peek().is_word(*words) else None

    def expect(self, operator: str, cure: str) -> Token:
        if not self.peek().is_operator(operator):
            self.fail(f"expected `{operator}`, found {self.peek().describe()}", cure)
        return self.advance()

    def expect_kind(self, kind: Kind, cure: str) -> Token:
        if self.peek().kind is not kind:
            self.fail(f"expected {kind.value}, found {self.peek().describe()}", cure)
        return self.advance()

    def expect_string(self, cure: str) -> Token:
        return self.expect_kind(Kind.STRING, cure)

    def fail(self, message: str, cure: str, at: int | None = None) -> NoReturn:
        raise self.error(message, cure, at)

    def error(self, message: str, cure: str, at: int | None = None) -> QueryError:
        where = self.peek().offset if at is None else at
        return QueryError(message, position=position_at(self.source, where), cure=cure)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Counts one level of nesting while the block runs."""
        if self._depth >= MAX_DEPTH:
            self.fail(
                f"the query nests deeper than {MAX_DEPTH} levels", "split it, or drop needless parentheses"
            )
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def inner(self, token: Token, parse: Callable[[str], Parsed]) -> Parsed:
        """What `parse` makes of a string token; its problems get their position in the query."""
        try:
            return parse(str(token.value))
        except TextProblem as problem:
            at = token.offsets[problem.offset] if problem.offset < len(token.offsets) else token.offset
            raise self.error(problem.message, problem.cure, at) from None

    def did_you_mean(self, word: str, known: Sequence[str], otherwise: str) -> str:
        near = difflib.get_close_matches(word, known, 1)
        return f"did you mean `{near[0]}`?" if near else otherwise
