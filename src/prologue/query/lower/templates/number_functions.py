"""Template functions on numbers, comparisons, and conversions."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from prologue.logql.lower import conversions
from prologue.logql.lower.sql import Bindings, Expr, expr
from prologue.model.errors import QueryError
from prologue.query.lower.templates.values import Type, Value, choose, real, text, truth, whole

Arguments = list[Value]
Function = Callable[[Arguments, Bindings], Value]
_NUMBERS = (Type.INT, Type.FLOAT)


def _folded(operator: str, convert: Callable[[Value], Expr], type_: Type) -> Function:
    """An operator over all arguments, from left to right."""

    def call(arguments: Arguments, bindings: Bindings) -> Value:
        del bindings
        parts = [convert(one) for one in arguments]
        sql = parts[0].sql
        for part in parts[1:]:
            sql = f"({sql} {operator} {part})" if len(operator) == 1 else f"{operator}({sql}, {part})"
        return Value(type_, expr(sql, *parts))

    return call


def _of_real(pattern: str) -> Function:
    def call(arguments: Arguments, bindings: Bindings) -> Value:
        del bindings
        value = real(arguments[0])
        return Value(Type.FLOAT, expr(pattern.replace("{0}", value.sql), value))

    return call


def _round(arguments: Arguments, bindings: Bindings) -> Value:
    value, places = real(arguments[0]), whole(arguments[1])
    on = real(arguments[2]) if len(arguments) > 2 else Expr(bindings.number(0.5))
    scaled = f"({value} * pow(10, {places}))"
    up = f"abs({scaled}) - floor(abs({scaled})) >= {on}"
    nearest = f"if({up}, ceil(abs({scaled})), floor(abs({scaled})))"
    result = f"if({value} < 0, -1, 1) * {nearest} / pow(10, {places})"
    return Value(Type.FLOAT, expr(result, value, places, on))


def _converted(convert: Callable[[Expr, Bindings], Expr], scale: int) -> Function:
    def call(arguments: Arguments, bindings: Bindings) -> Value:
        value = convert(text(arguments[0]), bindings)
        return Value(Type.FLOAT, expr(f"ifNull(({value}) / {scale}, 0.)", value))

    return call


def _compared(operator: str) -> Function:
    def call(arguments: Arguments, bindings: Bindings) -> Value:
        del bindings
        first, second = _comparable(arguments[0], arguments[1], operator)
        return Value(Type.BOOL, expr(f"{first} {operator} {second}", first, second))

    return call


def _equal_to_any(arguments: Arguments, bindings: Bindings) -> Value:
    del bindings
    tests = []
    for other in arguments[1:]:
        first, second = _comparable(arguments[0], other, "=")
        tests.append(expr(f"({first} = {second})", first, second))
    return Value(Type.BOOL, expr(" OR ".join(map(str, [test.sql for test in tests])), *tests))


def _comparable(first: Value, second: Value, operator: str) -> tuple[Expr, Expr]:
    if first.type in _NUMBERS and second.type in _NUMBERS:
        return real(first), real(second)
    if Type.JSON in (first.type, second.type):
        return text(first), text(second)
    if first.type is not second.type:
        raise QueryError(
            f"a template compares {first.type.value} with {second.type.value} ({operator})",
            cure="labels are texts: convert with `int` or `float64`, or quote the other side",
        )
    return first.sql, second.sql


def _all(arguments: Arguments, bindings: Bindings) -> Value:
    """The first false argument, else the last."""
    del bindings
    result = arguments[-1]
    for one in reversed(arguments[:-1]):
        result = choose(truth(one), result, one)
    return result


def _any(arguments: Arguments, bindings: Bindings) -> Value:
    """The first true argument, else the last."""
    del bindings
    result = arguments[-1]
    for one in reversed(arguments[:-1]):
        result = choose(truth(one), one, result)
    return result


def _not(arguments: Arguments, bindings: Bindings) -> Value:
    del bindings
    value = truth(arguments[0])
    return Value(Type.BOOL, expr(f"NOT ({value})", value))


def _length(arguments: Arguments, bindings: Bindings) -> Value:
    del bindings
    value = arguments[0]
    if value.type is Type.JSON:
        is_text = f"startsWith({value.sql}, '\"')"
        counted = f"if({is_text}, length(JSONExtractString({value.sql})), JSONLength({value.sql}))"
        return Value(Type.INT, expr(f"toInt64({counted})", value.sql))
    source = text(value)
    return Value(Type.INT, expr(f"toInt64(length({source}))", source))


def _integer(arguments: Arguments, bindings: Bindings) -> Value:
    del bindings
    return Value(Type.INT, whole(arguments[0]))


def _float(arguments: Arguments, bindings: Bindings) -> Value:
    del bindings
    return Value(Type.FLOAT, real(arguments[0]))


NUMBER_FUNCTIONS: MappingProxyType[str, Function] = MappingProxyType(
    {
        "add": _folded("+", whole, Type.INT),
        "sub": _folded("-", whole, Type.INT),
        "mul": _folded("*", whole, Type.INT),
        "div": _folded("intDivOrZero", whole, Type.INT),
        "mod": _folded("moduloOrZero", whole, Type.INT),
        "max": _folded("greatest", whole, Type.INT),
        "min": _folded("least", whole, Type.INT),
        "addf": _folded("+", real, Type.FLOAT),
        "subf": _folded("-", real, Type.FLOAT),
        "mulf": _folded("*", real, Type.FLOAT),
        "divf": _folded("/", real, Type.FLOAT),
        "maxf": _folded("greatest", real, Type.FLOAT),
        "minf": _folded("least", real, Type.FLOAT),
        "ceil": _of_real("ceil({0})"),
        "floor": _of_real("floor({0})"),
        "round": _round,
        "int": _integer,
        "float64": _float,
        "duration": _converted(conversions.duration, 1_000_000_000),
        "duration_seconds": _converted(conversions.duration, 1_000_000_000),
        "bytes": _converted(conversions.size, 1),
        "eq": _equal_to_any,
        "ne": _compared("!="),
        "lt": _compared("<"),
        "le": _compared("<="),
        "gt": _compared(">"),
        "ge": _compared(">="),
        "and": _all,
        "or": _any,
        "not": _not,
        "len": _length,
    }
)
DIVISIONS = ("div", "mod")
"""Whose second argument must not be 0: Go ends the template with an error there."""
