"""What a metric expression is in SQL: rows of labels, evaluation number and value.

Labels have two forms. Closed: the names are known and each is a column `lb_<name>`, empty where a
series lacks it. Open: one column `labels`, a Map sorted by name without empty values. Closed is what
grouping gives, and what is fast; anything closed can be opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prologue.logql.lower.sql import Bindings, checked

LABELS = "labels"


@dataclass(frozen=True, slots=True)
class Relation:
    """`sql` yields `k` (Int64), `value` (Float64) and the labels; `names` is None where they are open."""

    sql: str
    names: tuple[str, ...] | None

    @property
    def label_columns(self) -> tuple[str, ...]:
        return (LABELS,) if self.names is None else tuple(closed_column(name) for name in self.names)

    @property
    def columns(self) -> str:
        return ", ".join((*self.label_columns, "k", "value"))


def closed_column(name: str) -> str:
    """The column of a closed label."""
    return checked("lb_" + name)


def opened(relation: Relation, bindings: Bindings) -> Relation:
    """The same series with open labels."""
    if relation.names is None:
        return relation
    return Relation(f"SELECT {map_of(relation, bindings)} AS {LABELS}, k, value FROM ({relation.sql})", None)


def map_of(relation: Relation, bindings: Bindings) -> str:
    """The labels as one sorted Map without empty values."""
    if relation.names is None:
        return LABELS
    if not relation.names:
        return "CAST(map(), 'Map(String, String)')"
    entries = ", ".join(f"{bindings.text(name)}, {closed_column(name)}" for name in sorted(relation.names))
    return f"mapFilter((k, v) -> v != '', CAST(map({entries}), 'Map(String, String)'))"


def kept_labels(source: str, names: Iterable[str], bindings: Bindings, *, without: bool) -> str:
    """An open Map reduced by `by` or `without`."""
    listed = bindings.texts(sorted(names))
    if listed == "[]":
        return source if without else "CAST(map(), 'Map(String, String)')"
    test = f"NOT has({listed}, k)" if without else f"has({listed}, k)"
    return f"mapFilter((k, v) -> {test}, {source})"
