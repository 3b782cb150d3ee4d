"""Values of a template: an SQL expression and what Go would call its type.

Labels are text. A function that wants a number converts text as Loki's do (text that is none counts
as 0). Times are ns with a zone; JSON is its raw text.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace

from prologue.logql.lower.sql import Expr, expr
from prologue.model.errors import QueryError


class Type(enum.StrEnum):
    """A value's type; the value is how an error names it."""

    TEXT = "a text"
    INT = "a whole number"
    FLOAT = "a number"
    BOOL = "a condition"
    TIME = "a time"
    JSON = "a JSON value"


@dataclass(frozen=True, slots=True)
class Value:
    """`sql` of that type; `zone` is a time's, `constant` the text of a constant string."""

    type: Type
    sql: Expr
    zone: str = "UTC"
    constant: str | None = None

    def to(self, type_: Type, sql: str, *others: Value) -> Value:
        """A value made of this one (and others)."""
        return Value(type_, expr(sql, self.sql, *(other.sql for other in others)))


_JSON_TEXT = "if(startsWith({0}, '\"'), JSONExtractString({0}), if({0} = 'null', '', {0}))"
_CANONICAL_TIME = "formatDateTime({0}, '%Y-%m-%d %H:%i:%s +0000 UTC', 'UTC')"


def text(value: Value) -> Expr:
    """What printing the value gives."""
    sql = value.sql.sql
    made = {
        Type.TEXT: "{0}",
        Type.INT: "toString({0})",
        Type.FLOAT: "toString({0})",
        Type.BOOL: "if({0}, 'true', 'false')",
        Type.TIME: _CANONICAL_TIME.replace("{0}", "fromUnixTimestamp64Nano({0}, 'UTC')"),
        Type.JSON: _JSON_TEXT,
    }[value.type]
    return expr(made.replace("{0}", sql), value.sql)


def whole(value: Value) -> Expr:
    """As a 64-bit integer."""
    if value.type is Type.INT:
        return value.sql
    if value.type is Type.FLOAT:
        return expr(f"toInt64(trunc({value.sql}))", value.sql)
    if value.type is Type.BOOL:
        return expr(f"toInt64({value.sql})", value.sql)
    source = text(value)
    return expr(f"toInt64OrZero({source})", source)


def real(value: Value) -> Expr:
    """As a 64-bit float."""
    if value.type in (Type.INT, Type.FLOAT, Type.BOOL):
        return expr(f"toFloat64({value.sql})", value.sql)
    source = text(value)
    return expr(f"toFloat64OrZero({source})", source)


def truth(value: Value) -> Expr:
    """Whether Go counts the value as true: anything but its type's zero."""
    if value.type is Type.TEXT:
        return expr(f"{value.sql} != ''", value.sql)
    if value.type in (Type.INT, Type.FLOAT):
        return expr(f"{value.sql} != 0", value.sql)
    if value.type is Type.JSON:
        return expr(f"{value.sql} NOT IN ('', 'null', 'false', '0', '\"\"', '[]', '{{}}')", value.sql)
    return value.sql if value.type is Type.BOOL else Expr("1")


def choose(condition: Expr, first: Value, second: Value) -> Value:
    """One of two values; of different types both become text."""
    if first.type is not second.type:
        first, second = Value(Type.TEXT, text(first)), Value(Type.TEXT, text(second))
    chosen = expr(f"if({condition}, {first.sql}, {second.sql})", condition, first.sql, second.sql)
    return replace(first, sql=chosen, constant=None)


def constant_text(value: Value, function: str, what: str) -> str:
    """The text of an argument that must be written in the template itself."""
    if value.constant is None:
        raise QueryError(
            f"`{function}` needs {what} that is written in the template", cure="write it as a quoted string"
        )
    return value.constant


def mapped(value: Expr, name: str, body: Callable[[str], str]) -> Expr:
    """`body` over a value that it names several times, so that the value's text stands once."""
    return expr(f"arrayMap({name} -> {body(name)}, [{value}])[1]", value)
