"""Go templates to a frozen tree: actions, pipelines, control structures, variables.

`define`, `template` and `block` name other templates; a log line has only one, so they are refused.
Depth is bounded, so a hostile template ends in an error, not in a stack overflow.

Source: the Go package documentation of text/template. Next chapter: how the planner runs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prologue.logql.problems import TextProblem
from prologue.logql.template_functions import FUNCTIONS
from prologue.logql.template_lexer import (
    ActionPiece,
    ActionToken,
    Part,
    Piece,
    TextPiece,
    split_template,
)
from prologue.logql.template_nodes import (
    Break,
    Continue,
    If,
    Node,
    Output,
    Range,
    Template,
    Text,
    With,
)
from prologue.logql.template_pipeline import PipelineReader

MAX_DEPTH = 50
_BLOCKS: dict[str, type[If | With | Range]] = {"if": If, "with": With, "range": Range}
_CLOSERS = ("else", "end")


def parse_template(source: str) -> Template:
    """Raises `TextProblem` where the text is no template, or calls a function that does not exist."""
    body = _Body(split_template(source), source)
    nodes, closer = body.read(_Scope())
    if closer is not None:
        cure = "remove it, or open the `if`, `with` or `range` it belongs to"
        raise TextProblem(f"`{_head(closer)}` closes nothing", closer.offset, cure)
    return Template(source, nodes)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What holds at a place: the variables declared so far are added as the body is read."""

    variables: frozenset[str] = frozenset({"$"})
    in_range: bool = False
    depth: int = 0


def _significant(piece: ActionPiece) -> tuple[ActionToken, ...]:
    return tuple(token for token in piece.tokens if token.part is not Part.SPACE)


def _head(piece: ActionPiece) -> str:
    tokens = _significant(piece)
    return tokens[0].text if tokens and tokens[0].part is Part.WORD else ""


class _Body:
    """Reads pieces one after the other; `else` and `end` hand control back to who opened the block."""

    def __init__(self, pieces: Sequence[Piece], source: str) -> None:
        self._pieces = pieces
        self._source = source
        self._next = 0

    def read(self, scope: _Scope) -> tuple[tuple[Node, ...], ActionPiece | None]:
        """Nodes up to the end, or up to an `else` or `end`, which is returned too."""
        nodes: list[Node] = []
        while self._next < len(self._pieces):
            piece = self._pieces[self._next]
            self._next += 1
            if isinstance(piece, TextPiece):
                nodes.append(Text(piece.text))
                continue
            if _head(piece) in _CLOSERS:
                return tuple(nodes), piece
            node = self._action(piece, scope)
            nodes.append(node)
            if isinstance(node, Output) and node.pipeline.declares:
                scope = _Scope(scope.variables | set(node.pipeline.variables), scope.in_range, scope.depth)
        return tuple(nodes), None

    def _action(self, piece: ActionPiece, scope: _Scope) -> Node:
        head = _head(piece)
        if head in _BLOCKS:
            return self._block(head, _after_word(piece, 1), piece, scope)
        if head in ("break", "continue"):
            if not scope.in_range:
                raise TextProblem(f"`{head}` outside of a range", piece.offset, "use it inside {{range}}")
            if len(_significant(piece)) > 1:
                raise TextProblem(f"`{head}` takes no argument", piece.offset, f"write {{{{{head}}}}}")
            return Break() if head == "break" else Continue()
        if head in ("define", "template", "block"):
            cure = "write the text in place; a log line has one template"
            raise TextProblem(f"`{head}` is not supported here", piece.offset, cure)
        return Output(PipelineReader(piece.tokens, piece.offset, scope.variables).read_all())

    def _block(
        self, head: str, tokens: tuple[ActionToken, ...], piece: ActionPiece, scope: _Scope
    ) -> If | With | Range:
        if scope.depth >= MAX_DEPTH:
            raise TextProblem(f"more than {MAX_DEPTH} nested blocks", piece.offset, "flatten the template")
        reader = PipelineReader(tokens, piece.offset, scope.variables)
        pipeline = reader.read_all(is_range=head == "range")
        inner = _Scope(
            scope.variables | set(pipeline.variables if pipeline.declares else ()),
            scope.in_range or head == "range",
            scope.depth + 1,
        )
        body, closer = self.read(inner)
        otherwise = self._otherwise(head, closer, piece, inner)
        return _BLOCKS[head](pipeline, body, otherwise)

    def _otherwise(
        self, head: str, closer: ActionPiece | None, opener: ActionPiece, scope: _Scope
    ) -> tuple[Node, ...]:
        if closer is None:
            raise TextProblem(f"`{head}` is not closed", opener.offset, "add {{end}}")
        words = _significant(closer)
        if words[0].text == "end":
            if len(words) > 1:
                raise TextProblem("`end` takes no argument", closer.offset, "write {{end}}")
            return ()
        if len(words) == 1:
            nodes, last = self.read(scope)
            if last is None or _head(last) != "end":
                raise TextProblem(f"`{head}` is not closed", opener.offset, "add {{end}} after {{else}}")
            return nodes
        if words[1].text != head or head == "range":
            raise TextProblem(
                f"`{words[1].text}` cannot follow `else` here",
                closer.offset,
                "write {{else}} or {{else if ...}}",
            )
        return (self._block(head, _after_word(closer, 2), closer, scope),)


def _after_word(piece: ActionPiece, words: int) -> tuple[ActionToken, ...]:
    seen = 0
    for index, token in enumerate(piece.tokens):
        seen += token.part is not Part.SPACE
        if seen == words:
            return piece.tokens[index + 1 :]
    return ()


def known_functions() -> tuple[str, ...]:
    """Every function a template may call, for documentation and completion."""
    return tuple(sorted(FUNCTIONS))
