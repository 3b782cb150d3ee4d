"""One action of a Go template: a pipeline of commands, with the variables it sets.

Calls are checked against the catalogue of functions while they are read: an unknown name or a wrong
number of arguments is an error at its place, never an empty result later.
"""

from __future__ import annotations

import difflib

from prologue.logql.problems import TextProblem
from prologue.logql.template_functions import FUNCTIONS, MANY
from prologue.logql.template_lexer import ActionToken, Part
from prologue.logql.template_nodes import (
    Command,
    Constant,
    Dot,
    Field,
    Function,
    Group,
    Operand,
    Pipeline,
    Variable,
)

MAX_DEPTH = 50
_WORD_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "nil": None}
_END = ActionToken(Part.MARK, "", 0)


class PipelineReader:
    """Reads the tokens of one action. `variables` are those declared before it."""

    def __init__(self, tokens: tuple[ActionToken, ...], offset: int, variables: frozenset[str]) -> None:
        self._tokens = tokens
        self._offset = offset
        self._variables = variables
        self._next = 0
        self._depth = 0

    def read_all(self, *, is_range: bool = False) -> Pipeline:
        """The whole action's pipeline."""
        pipeline = self._pipeline(max_variables=2 if is_range else 1)
        self._blank()
        if self._peek() is not _END:
            token = self._peek()
            raise TextProblem(f"unexpected `{token.text}` in a template action", token.offset, "remove it")
        return pipeline

    def _peek(self, ahead: int = 0) -> ActionToken:
        at = self._next + ahead
        return self._tokens[at] if at < len(self._tokens) else _END

    def _where(self) -> int:
        token = self._peek()
        if token is not _END:
            return token.offset
        return self._tokens[-1].offset + len(self._tokens[-1].text) if self._tokens else self._offset

    def _blank(self) -> bool:
        found = self._peek().part is Part.SPACE
        self._next += found
        return found

    def _mark(self, text: str) -> bool:
        found = self._peek().part is Part.MARK and self._peek().text == text
        self._next += found
        return found

    def _pipeline(self, max_variables: int) -> Pipeline:
        variables, declares = self._targets(max_variables)
        commands = [self._command(piped=False)]
        while self._mark("|"):
            commands.append(self._command(piped=True))
        if declares:
            self._variables = self._variables | set(variables)
        return Pipeline(tuple(commands), variables, declares)

    def _targets(self, most: int) -> tuple[tuple[str, ...], bool]:
        """Variables before `:=` or `=`; none where the action only has a value."""
        start = self._next
        names: list[str] = []
        self._blank()
        at = self._where()
        while len(names) < most and self._peek().part is Part.VARIABLE:
            names.append(self._peek().text)
            self._next += 1
            self._blank()
            if self._mark(":="):
                return tuple(names), True
            if self._mark("="):
                unknown = [name for name in names if name not in self._variables]
                if unknown:
                    raise TextProblem(f"{unknown[0]} is not declared", at, "declare it with :=")
                return tuple(names), False
            if not self._mark(","):
                break
            self._blank()
        self._next = start
        return (), False

    def _command(self, *, piped: bool) -> Command:
        self._blank()
        at = self._where()
        operands: list[Operand] = []
        while (operand := self._operand()) is not None:
            operands.append(operand)
            if not self._blank():
                self._check_gap()
                break
        if not operands:
            raise TextProblem("a value is missing", at, "write a .label, a function or a constant")
        self._check(operands, at, piped=piped)
        return Command(tuple(operands), at)

    def _check_gap(self) -> None:
        token = self._peek()
        if token is not _END and not (token.part is Part.MARK and token.text in ("|", ")")):
            raise TextProblem(
                f"a blank is missing before `{token.text}`", token.offset, "separate arguments with blanks"
            )

    def _check(self, operands: list[Operand], at: int, *, piped: bool) -> None:
        first, given = operands[0], len(operands) - 1 + piped
        if not isinstance(first, Function):
            if given:
                raise TextProblem("a value cannot take arguments", at, "start with a function's name")
            return
        least, most = FUNCTIONS[first.name]
        if not least <= given <= most:
            wanted = (
                str(least) if least == most else f"{least} or more" if most == MANY else f"{least} to {most}"
            )
            cure = "a pipeline's value counts as the last argument"
            raise TextProblem(f"`{first.name}` takes {wanted} argument(s), not {given}", at, cure)

    def _operand(self) -> Operand | None:
        token = self._peek()
        if token is _END:
            return None
        if token.part is Part.MARK and token.text not in ("(", "."):
            return None
        self._next += 1
        if token.part is Part.MARK:
            return self._group(token) if token.text == "(" else Dot()
        if token.part is Part.FIELD:
            return Field((token.text[1:], *self._path()))
        if token.part is Part.VARIABLE:
            if token.text not in self._variables:
                raise TextProblem(f"{token.text} is not declared", token.offset, "declare it with :=")
            return Variable(token.text, self._path())
        if token.part is Part.WORD:
            return self._word(token)
        return Constant(token.value)

    def _word(self, token: ActionToken) -> Operand:
        if token.text in _WORD_CONSTANTS:
            return Constant(_WORD_CONSTANTS[token.text])
        if token.text in FUNCTIONS:
            return Function(token.text, token.offset)
        near = difflib.get_close_matches(token.text, FUNCTIONS, 1)
        cure = f"did you mean `{near[0]}`?" if near else f"write .{token.text} for the label of that name"
        raise TextProblem(f"there is no template function `{token.text}`", token.offset, cure)

    def _group(self, opening: ActionToken) -> Group:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TextProblem(f"more than {MAX_DEPTH} nested parentheses", opening.offset, "simplify it")
        pipeline = self._pipeline(max_variables=0)
        self._blank()
        if not self._mark(")"):
            raise TextProblem("`(` is not closed", opening.offset, "add `)`")
        self._depth -= 1
        return Group(pipeline, self._path())

    def _path(self) -> tuple[str, ...]:
        names: list[str] = []
        while self._peek().part is Part.FIELD:
            names.append(self._peek().text[1:])
            self._next += 1
        return tuple(names)
