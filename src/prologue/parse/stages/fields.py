"""`rename`, `copy` and `remove`: fields under other names, or gone.

`body` is a field like others here: what a line said is replaced by renaming or copying a field to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import EMPTY, expr
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.kind import StageKind

TEXT_FIELDS = ("body", "severity_text", "trace_id", "span_id")


@dataclass(frozen=True, slots=True)
class Rename:
    """Pairs of old and new name; with `keep`, the old one stays."""

    names: tuple[tuple[str, str], ...]
    keep: bool


@dataclass(frozen=True, slots=True)
class Remove:
    """Names; one may end in `*`."""

    names: tuple[str, ...]


def read_rename(options: Options) -> Rename:
    return Rename(_pairs(options), keep=False)


def read_copy(options: Options) -> Rename:
    return Rename(_pairs(options), keep=True)


def _pairs(options: Options) -> tuple[tuple[str, str], ...]:
    pairs = tuple(options.mapping("fields").items())
    for old, new in pairs:
        if not new:
            options.refuse("fields", f"{old} gets no name", "write `old: new`")
        if old == new:
            options.refuse("fields", f"{old} would be itself", "name two different fields")
    if not pairs:
        options.refuse("fields", "no field is named", "write `old: new`")
    return pairs


def read_remove(options: Options) -> Remove:
    names = options.texts("fields")
    for name in names:
        if name in TEXT_FIELDS:
            options.refuse("fields", f"{name} cannot be removed", "remove attributes; `redact` hides text")
        if "*" in name[:-1] or name == "":
            options.refuse("fields", f"{name!r} is no name", "a `*` may only end a name")
    return Remove(names)


def lower_rename(node: Rename, rows: Rows) -> None:
    for old, new in node.names:
        value = rows.compute(rows.attribute(old) if old not in TEXT_FIELDS else rows.column(old))
        current = rows.set_already(new)
        there = expr(f"if({value} != '', {value}, {current})", value, current)
        if not node.keep and old not in TEXT_FIELDS:
            rows.remove((old,))
        rows.assign(new, rows.compute(there))
        if not node.keep and old in TEXT_FIELDS and old != "body":
            rows.assign(old, EMPTY)


def lower_remove(node: Remove, rows: Rows) -> None:
    rows.remove(node.names)


RENAME = StageKind(read_rename, lower_rename, main="*fields")
COPY = StageKind(read_copy, lower_rename, main="*fields")
REMOVE = StageKind(read_remove, lower_remove, main="fields")
