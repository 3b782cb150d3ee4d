"""`drop`: lines that fit a condition are not stored; counted in `prologue_parser_dropped_lines_total`."""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import expr
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.nodes import Predicate
from prologue.parse.pipelines.predicates import holds, read_predicate
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.kind import StageKind


@dataclass(frozen=True, slots=True)
class Drop:
    """Which lines."""

    condition: Predicate


def read(options: Options) -> Drop:
    return Drop(read_predicate(options.text("condition"), options.place("condition")))


def lower(node: Drop, rows: Rows) -> None:
    condition = holds(node.condition, rows)
    assert condition is not None
    rows.narrow(condition)
    assert rows.guard is not None
    rows.where(expr(f"NOT {rows.guard}", rows.guard))


STAGE = StageKind(read, lower, main="condition")
