"""A template to the SQL of the text it prints.

Variables are expressions; one that is set inside an `if` becomes a choice. `range` goes over the
elements of a JSON array or the values of a JSON object, inside the engine. What Go would end with an
error (a division by zero) sets `__error__` and leaves the line or label as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from prologue.logql.lower.sql import EMPTY, Bindings, Expr, expr
from prologue.logql.template_nodes import (
    Command,
    Constant,
    Dot,
    Field,
    Function,
    Group,
    If,
    Node,
    Operand,
    Output,
    Pipeline,
    Range,
    Template,
    Text,
    Variable,
    With,
)
from prologue.model.errors import LimitError, QueryError
from prologue.query.lower.rows import Rows
from prologue.query.lower.templates.number_functions import DIVISIONS, NUMBER_FUNCTIONS
from prologue.query.lower.templates.print_functions import PRINT_FUNCTIONS, member
from prologue.query.lower.templates.text_functions import TEXT_FUNCTIONS
from prologue.query.lower.templates.time_functions import TIME_FUNCTIONS, now
from prologue.query.lower.templates.values import Type, Value, choose, text, truth, whole

MAX_SQL = 1_000_000
FUNCTIONS = {**TEXT_FUNCTIONS, **NUMBER_FUNCTIONS, **TIME_FUNCTIONS, **PRINT_FUNCTIONS}


@dataclass(frozen=True, slots=True)
class Rendered:
    """The text, and where it cannot be made (None: everywhere it can)."""

    text: Expr
    fails: Expr | None


def render(rows: Rows, template: Template) -> Rendered:
    """Raises QueryError where a construct has no meaning in the engine."""
    writer = _Writer(rows)
    made = writer.body(template.nodes, _Scope())
    if len(made.sql) > MAX_SQL:
        raise LimitError("the template is too large", cure="use fewer nested variables and blocks")
    fails = writer.fails
    return Rendered(made, expr(" OR ".join(f"({one})" for one in fails), *fails) if fails else None)


@dataclass(slots=True)
class _Scope:
    """Variables by name, what `.` is (None: the labels), and the condition under which this runs."""

    variables: dict[str, Value] = field(default_factory=dict)
    dot: Value | None = None
    condition: Expr | None = None
    loop: int = 0

    def inner(self, condition: Expr, dot: Value | None = None) -> _Scope:
        both = condition
        if self.condition is not None:
            both = expr(f"({self.condition}) AND ({condition})", self.condition, condition)
        return _Scope(dict(self.variables), dot or self.dot, both, self.loop)


class _Writer:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._bindings: Bindings = rows.env.bindings
        self.fails: list[Expr] = []

    def body(self, nodes: Sequence[Node], scope: _Scope) -> Expr:
        parts = [part for node in nodes if (part := self._node(node, scope)) != EMPTY]
        if not parts:
            return EMPTY
        return expr(f"concat({', '.join(part.sql for part in parts)}, '')", *parts)

    def _node(self, node: Node, scope: _Scope) -> Expr:
        match node:
            case Text(literal):
                return Expr(self._bindings.text(literal))
            case Output(pipeline):
                value = self._pipeline(pipeline, scope)
                if not pipeline.variables:
                    return text(value)
                scope.variables[pipeline.variables[0]] = value
                return EMPTY
            case If() | With():
                return self._choice(node, scope)
            case Range():
                return self._range(node, scope)
            case _:
                raise QueryError(
                    "`break` and `continue` are not supported in templates",
                    cure="use {{if}} inside the range",
                )

    def _choice(self, node: If | With, scope: _Scope) -> Expr:
        value = self._pipeline(node.pipeline, scope)
        condition = truth(value)
        chosen = scope.inner(condition, value if isinstance(node, With) else None)
        if node.pipeline.declares:
            chosen.variables[node.pipeline.variables[0]] = value
        other = scope.inner(expr(f"NOT ({condition})", condition))
        first, second = self.body(node.body, chosen), self.body(node.otherwise, other)
        for name, before in scope.variables.items():
            now_is, else_is = chosen.variables.get(name, before), other.variables.get(name, before)
            if now_is != before or else_is != before:
                scope.variables[name] = choose(condition, now_is, else_is)
        return expr(f"if({condition}, {first}, {second})", condition, first, second)

    def _range(self, node: Range, scope: _Scope) -> Expr:
        value = self._pipeline(node.pipeline, scope)
        if value.type is not Type.JSON:
            raise QueryError(
                f"`range` goes over JSON, not {value.type.value}", cure="write {{range fromJson .label}}"
            )
        depth = scope.loop + 1
        element, index = Value(Type.JSON, Expr(f"el{depth}")), Value(Type.INT, Expr(f"(ix{depth} - 1)"))
        inner = _Scope(dict(scope.variables), element, scope.condition, depth)
        names = node.pipeline.variables
        inner.variables.update(zip(names, (index, element)[2 - len(names) :], strict=True))
        before = {name: inner.variables[name] for name in scope.variables}
        printed = self.body(node.body, inner)
        if any(inner.variables[name] != value for name, value in before.items() if name not in names):
            raise QueryError(
                "a variable cannot be changed inside `range`", cure="print what you need in place"
            )
        items = (
            f"if(startsWith({value.sql}, '['), JSONExtractArrayRaw({value.sql}), "
            f"arrayMap(p -> p.2, arraySort(p -> p.1, JSONExtractKeysAndValuesRaw({value.sql}))))"
        )
        looped = f"arrayMap((el{depth}, ix{depth}) -> {printed}, {items}, arrayEnumerate({items}))"
        otherwise = self.body(node.otherwise, scope)
        joined = f"if(empty({items}), {otherwise}, arrayStringConcat({looped}))"
        return expr(joined, value.sql, printed, otherwise)

    def _pipeline(self, pipeline: Pipeline, scope: _Scope) -> Value:
        value: Value | None = None
        for command in pipeline.commands:
            value = self._command(command, value, scope)
        assert value is not None
        return value

    def _command(self, command: Command, piped: Value | None, scope: _Scope) -> Value:
        first, *rest = command.operands
        if not isinstance(first, Function):
            return self._operand(first, scope)
        arguments = [self._operand(one, scope) for one in rest] + ([] if piped is None else [piped])
        return self._call(first.name, arguments, scope)

    def _call(self, name: str, arguments: list[Value], scope: _Scope) -> Value:
        if name == "__line__":
            return Value(Type.TEXT, self._rows.line)
        if name == "__timestamp__":
            return Value(Type.TIME, Expr("toUnixTimestamp64Nano(timestamp)", frozenset({"timestamp"})))
        if name == "now":
            return now(self._rows.env.now, self._bindings)
        function = FUNCTIONS.get(name)
        if function is None:
            raise QueryError(
                f"the template function `{name}` is not supported", cure="docs/logql.md lists the functions"
            )
        if name in DIVISIONS:
            self._must_not_be_zero(arguments[1], scope)
        return function(arguments, self._bindings)

    def _must_not_be_zero(self, divisor: Value, scope: _Scope) -> None:
        if scope.loop:
            return  # one failing element of many: the engine's division by zero gives 0 there
        number = whole(divisor)
        zero = expr(f"{number} = 0", number)
        if scope.condition is not None:
            zero = expr(f"({scope.condition}) AND {zero}", scope.condition, zero)
        self.fails.append(zero)

    def _operand(self, operand: Operand, scope: _Scope) -> Value:
        match operand:
            case Field(path):
                return self._field(path, scope.dot)
            case Dot():
                if scope.dot is None:
                    raise QueryError("`.` alone is all labels", cure="write .label")
                return scope.dot
            case Variable(name, path):
                if name == "$":
                    return self._field(path, None)
                return self._members(scope.variables[name], path)
            case Group(pipeline, path):
                return self._members(self._pipeline(pipeline, scope), path)
            case Function(name):
                return self._call(name, [], scope)
            case Constant(value):
                return self._constant(value)

    def _field(self, path: tuple[str, ...], dot: Value | None) -> Value:
        if dot is not None:
            return self._members(dot, path)
        if not path:
            raise QueryError("`$` alone is all labels", cure="write $.label")
        return self._members(Value(Type.TEXT, self._rows.env.value(path[0])), path[1:])

    def _members(self, value: Value, path: tuple[str, ...]) -> Value:
        for name in path:
            value = member(value, name, self._bindings)
        return value

    def _constant(self, value: str | int | float | bool | None) -> Value:
        if value is None:
            raise QueryError("`nil` has no value", cure='write ""')
        if isinstance(value, bool):
            return Value(Type.BOOL, Expr("true" if value else "false"))
        if isinstance(value, int):
            return Value(Type.INT, Expr(self._bindings.integer(value)))
        if isinstance(value, float):
            return Value(Type.FLOAT, Expr(self._bindings.number(value)))
        return replace(Value(Type.TEXT, Expr(self._bindings.text(value))), constant=value)
