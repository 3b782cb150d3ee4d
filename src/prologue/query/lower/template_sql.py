"""Go templates as SQL text: literal text, labels, and the string functions that map one to one.

What cannot be an expression says so with its name and a cure.
"""

from __future__ import annotations

from prologue.model.errors import QueryError
from prologue.query.lower.rows import Rows
from prologue.query.sql import EMPTY, Expr, expr
from prologue.query.syntax.template_nodes import (
    Constant,
    Field,
    Node,
    Operand,
    Output,
    Pipeline,
    Template,
    Text,
)


def template_text(rows: Rows, template: Template) -> Expr:
    """What the template prints for each row."""
    parts = [_node(rows, node) for node in template.nodes]
    if not parts:
        return EMPTY
    return expr(f"concat({', '.join(map(str, [p.sql for p in parts]))}, '')", *parts)


def _node(rows: Rows, node: Node) -> Expr:
    if isinstance(node, Text):
        return Expr(rows.env.bindings.text(node.text))
    if isinstance(node, Output) and not node.pipeline.variables:
        return _pipeline(rows, node.pipeline)
    raise _unsupported(type(node).__name__.lower())


def _pipeline(rows: Rows, pipeline: Pipeline) -> Expr:
    if len(pipeline.commands) == 1 and len(pipeline.commands[0].operands) == 1:
        return _operand(rows, pipeline.commands[0].operands[0])
    raise _unsupported("a function")


def _operand(rows: Rows, operand: Operand) -> Expr:
    if isinstance(operand, Field) and len(operand.path) == 1:
        return rows.env.value(operand.path[0])
    if isinstance(operand, Constant) and isinstance(operand.value, str):
        return Expr(rows.env.bindings.text(operand.value))
    raise _unsupported("this value")


def _unsupported(what: str) -> QueryError:
    return QueryError(f"{what} is not supported in templates yet", cure="use labels and text only")
