"""Pieces of SQL: expressions that know which columns they read, and values bound as parameters.

No value of a user ever becomes SQL text. Names do, where the engine needs a name: label names are
checked to be `[a-zA-Z0-9_]` by the grammar and quoted besides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Expr:
    """`sql` over `columns` of the rows; `labels` are the stream labels it needs joined."""

    sql: str
    columns: frozenset[str] = NOTHING
    labels: frozenset[str] = NOTHING

    def __format__(self, _spec: str) -> str:
        return self.sql


EMPTY = Expr("''")
NO = Expr("0")


def expr(sql: str, *parts: Expr) -> Expr:
    """`sql` that was made of these parts."""
    columns = frozenset().union(*(part.columns for part in parts))
    labels = frozenset().union(*(part.labels for part in parts))
    return Expr(sql, columns, labels)


def column(name: str) -> Expr:
    """A column of the rows by its own name."""
    return Expr(name, frozenset({name}))


def both(conditions: Iterable[Expr]) -> Expr | None:
    """All conditions, or None where there are none."""
    parts = list(conditions)
    if not parts:
        return None
    return expr(" AND ".join(f"({part})" for part in parts), *parts)


def label_column(name: str) -> str:
    """The name of the column that carries the stream label `name`."""
    return checked("sl_" + name)


def checked(name: str) -> str:
    """A name that is safe as SQL text. Anything else is a mistake of ours."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a plain name")
    return name


@dataclass(slots=True)
class Bindings:
    """Values on their way to the engine. Equal values share one parameter; names begin with `prefix`."""

    prefix: str = "p"
    _values: dict[str, object] = field(default_factory=dict)
    _names: dict[tuple[str, object], str] = field(default_factory=dict)
    _tables: int = 0

    def text(self, value: str) -> str:
        """A String. Bytes that are not UTF-8 (lone surrogates) travel in hexadecimal."""
        try:
            value.encode()
        except UnicodeEncodeError:
            return f"unhex({self._bind(value.encode('utf-8', 'surrogateescape').hex(), 'String')})"
        return self._bind(value, "String")

    def texts(self, values: Iterable[str]) -> str:
        return "[" + ", ".join(self.text(value) for value in values) + "]"

    def integer(self, value: int) -> str:
        return self._bind(value, "Int64")

    def integers(self, values: Iterable[int]) -> str:
        return self._bind(f"[{', '.join(map(str, values))}]", "Array(Int64)")

    def table(self) -> str:
        """A name for a subquery, different from every other one of the statement."""
        self._tables += 1
        return f"{self.prefix}q{self._tables}" if self.prefix != "p" else f"q{self._tables}"

    def number(self, value: float) -> str:
        # Infinities and NaN have no literal that every path to the engine carries.
        if math.isnan(value):
            return "nan"
        if value in (float("inf"), float("-inf")):
            return "inf" if value > 0 else "(-inf)"
        return f"toFloat64({self._bind(repr(value), 'String')})"

    @property
    def values(self) -> Mapping[str, object]:
        return MappingProxyType(self._values)

    def _bind(self, value: object, type_name: str) -> str:
        key = (type_name, value)
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"{self.prefix}{len(self._names)}"
            self._values[name] = value
        return f"{{{name}:{type_name}}}"


def stacked(selects: Iterable[Callable[[str], str]], source: str, bindings: Bindings) -> str:
    """SELECTs around each other, each given the name (or text) of what it selects from.

    Written one after the other in a WITH clause: the engine's parser bounds how deep SELECTs may nest,
    and a long pipeline would be too deep for it.
    """
    chosen = list(selects)
    if not chosen:
        return source
    *inner, last = chosen
    named: list[str] = []
    for select in inner:
        name = bindings.table()
        named.append(f"{name} AS ({select(source)})")
        source = name
    chain = f"WITH {', '.join(named)} " if named else ""
    return f"({chain}{last(source)})"


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT with its bound values, and the engine settings that suit it."""

    sql: str
    parameters: Mapping[str, object]
    settings: Mapping[str, int] = field(default_factory=dict)
