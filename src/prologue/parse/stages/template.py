"""`template`: fields put together from others, in LogQL's own template language (Go's).

Of that language a pipeline has text, `{{.field}}`, constants, and functions with `|`: what is written once
for millions of lines needs no loops. Fields with other characters: `{{index . "http.status"}}`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prologue.logql.lower.sql import Expr, expr
from prologue.logql.problems import TextProblem
from prologue.logql.template import parse_template
from prologue.logql.template_nodes import (
    Command,
    Constant,
    Dot,
    Field,
    Function,
    Group,
    Operand,
    Output,
    Pipeline,
    Template,
    Text,
)
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.kind import StageKind

_READ_ONLY = ("tenant", "labels", "observed", "sent", "severity_number", "attributes")

_FUNCTIONS: dict[str, tuple[int, Callable[..., str]]] = {
    "lower": (1, lambda t: f"lowerUTF8({t})"),
    "ToLower": (1, lambda t: f"lowerUTF8({t})"),
    "upper": (1, lambda t: f"upperUTF8({t})"),
    "ToUpper": (1, lambda t: f"upperUTF8({t})"),
    "trim": (1, lambda t: f"trimBoth({t}, ' \\t\\r\\n')"),
    "TrimSpace": (1, lambda t: f"trimBoth({t}, ' \\t\\r\\n')"),
    "default": (2, lambda d, t: f"if({t} = '', {d}, {t})"),
    "replace": (3, lambda old, new, t: f"if({old} = '', {t}, replaceAll({t}, {old}, {new}))"),
    "trimPrefix": (2, lambda p, t: f"if(startsWith({t}, {p}), substring({t}, length({p}) + 1), {t})"),
    "trimSuffix": (2, lambda p, t: f"if(endsWith({t}, {p}), left({t}, length({t}) - length({p})), {t})"),
    "trunc": (2, lambda n, t: f"leftUTF8({t}, toUInt32OrZero({n}))"),
}
"""By name: how many arguments, the last of them coming through the pipe; and their SQL."""


@dataclass(frozen=True, slots=True)
class Templates:
    """Pairs of field and template."""

    fields: tuple[tuple[str, Template], ...]


def read(options: Options) -> Templates:
    fields = []
    for name, source in options.mapping("fields").items():
        if name in _READ_ONLY:
            options.refuse("fields", f"{name} is not made of a template", "choose another field")
        try:
            template = parse_template(source)
            for node in template.nodes:
                _check(node)
        except TextProblem as problem:
            options.refuse(
                "fields", f"{name}: at character {problem.offset + 1}: {problem.message}", problem.cure
            )
        fields.append((name, template))
    if not fields:
        options.refuse("fields", "no field is named", 'write `template: {field: "{{.a}} {{.b}}"}`')
    return Templates(tuple(fields))


def _check(node: object) -> None:
    if isinstance(node, Text):
        return
    if not isinstance(node, Output) or node.pipeline.variables:
        raise TextProblem("a pipeline's template has no blocks and variables", 0, "use `when` on the stage")
    _check_pipeline(node.pipeline)


def _check_pipeline(pipeline: Pipeline) -> None:
    for place, command in enumerate(pipeline.commands):
        head, *arguments = command.operands
        if isinstance(head, Function):
            _check_call(head, len(arguments) + (place > 0), command)
        elif place or arguments:
            raise TextProblem("a value cannot be called", command.at, "put a function's name before it")
        for operand in command.operands:
            _check_operand(operand, command)


def _check_operand(operand: Operand, command: Command) -> None:
    if isinstance(operand, Group) and not operand.path:
        _check_pipeline(operand.pipeline)
    elif isinstance(operand, Field):
        if len(operand.path) != 1:
            raise TextProblem("a field's name has no dots here", command.at, 'write {{index . "a.b"}}')
    elif not isinstance(operand, Function | Constant | Dot):
        raise TextProblem("this value is none of a line", command.at, "write {{.field}}")


def _check_call(head: Function, arguments: int, command: Command) -> None:
    if head.name == "index":
        fits = len(command.operands) == 3 and isinstance(command.operands[1], Dot)
        if not fits or not isinstance(command.operands[2], Constant):
            raise TextProblem("index takes `.` and a name", head.at, 'write {{index . "a.b"}}')
        return
    if head.name not in _FUNCTIONS:
        known = ", ".join(["index", *_FUNCTIONS])
        raise TextProblem(f"there is no function {head.name} here", head.at, f"use one of {known}")
    if any(isinstance(operand, Dot) for operand in command.operands):
        raise TextProblem("`.` alone is no text", head.at, "write {{.field}}")
    if arguments != _FUNCTIONS[head.name][0]:
        raise TextProblem(
            f"{head.name} takes {_FUNCTIONS[head.name][0]} arguments, not {arguments}",
            head.at,
            "correct them",
        )


def lower(node: Templates, rows: Rows) -> None:
    for name, template in node.fields:
        parts = [_part(one, rows) for one in template.nodes]
        joined = ", ".join(part.sql for part in parts) or "''"
        value = expr(f"concat({joined}, '')", *parts)
        rows.assign(name, rows.compute(value))


def _part(node: object, rows: Rows) -> Expr:
    if isinstance(node, Text):
        return Expr(rows.bindings.text(node.text))
    assert isinstance(node, Output)
    return _value(node.pipeline, rows)


def _value(pipeline: Pipeline, rows: Rows) -> Expr:
    value: Expr | None = None
    for command in pipeline.commands:
        head = command.operands[0]
        if isinstance(head, Function) and head.name == "index":
            name = command.operands[2]
            assert isinstance(name, Constant)
            value = rows.compute(rows.value(str(name.value)))
        elif isinstance(head, Function):
            arguments = [_operand(one, rows) for one in command.operands[1:]]
            arguments += [value] if value is not None else []
            value = rows.compute(expr(_FUNCTIONS[head.name][1](*(a.sql for a in arguments)), *arguments))
        else:
            value = _operand(head, rows)
    assert value is not None
    return value


def _operand(operand: Operand, rows: Rows) -> Expr:
    if isinstance(operand, Field):
        return rows.compute(rows.value(operand.path[0]))
    if isinstance(operand, Group):
        return _value(operand.pipeline, rows)
    assert isinstance(operand, Constant)
    return Expr(rows.bindings.text("" if operand.value is None else str(operand.value)))


STAGE = StageKind(read, lower, main="*fields")
