"""A request to delete lines, compiled: which rows of `logs` it means.

A selector and line filters say what is deleted, as in Loki. Anything more is refused: what a parser
finds in a line may differ from what its author believed, and a deletion cannot be taken back.
"""

from __future__ import annotations

from prologue.logql.log_nodes import LineFilter, Stage
from prologue.logql.lower.line_filters import line_condition
from prologue.logql.lower.sql import Bindings, Statement, column
from prologue.logql.parser import parse_query
from prologue.model.errors import QueryError
from prologue.query.lower.scan import Scan, scan_rows
from prologue.query.plan.build import build
from prologue.query.plan.nodes import Lines
from prologue.query.request import Derived
from prologue.query.streams import Facts

# The stream condition is always written out. The shortcut for selectors that match every stream would
# be wrong by the time the engine gets there, if another stream has come meanwhile.
_UNKNOWN = Facts(frozenset(), frozenset(), matching=0, known=1)


def check_deletion(text: str) -> None:
    """Raises QueryError where the text does not say what to delete."""
    _lines(text)


def delete_statement(text: str, tenant: str, first: int, last: int) -> Statement:
    """The statement that deletes lines with `first <= timestamp <= last` (Unix ns)."""
    found = matching_condition(text, tenant, first, last)
    return Statement(f"ALTER TABLE logs DELETE WHERE {found.sql}", found.parameters)


def matching_condition(text: str, tenant: str, first: int, last: int) -> Statement:
    """Which rows of `logs` those are, as a condition."""
    selected, filters = _lines(text)
    bindings = Bindings()
    rows = scan_rows(Scan(tenant, selected.matchers, first, last), _UNKNOWN, bindings, Derived())
    conditions = [*rows.conditions]
    conditions += [line_condition(stage, column("body"), bindings) for stage in filters]
    where = " AND ".join(f"({condition})" for condition in conditions)
    return Statement(where, bindings.values)


def _lines(text: str) -> tuple[Lines, list[LineFilter]]:
    plan = build(parse_query(text))
    if not isinstance(plan, Lines):
        raise QueryError(
            "a metric query does not say which lines to delete",
            cure="write a stream selector and line filters",
        )
    filters = [stage for stage in plan.stages if isinstance(stage, LineFilter)]
    if len(filters) < len(plan.stages):
        raise QueryError(
            f"{_name(plan.stages)} cannot decide what is deleted; a selector and line filters can",
            cure='write {app="cart"} |= "text" or {app="cart"} |~ "regular expression"',
        )
    return plan, filters


def _name(stages: tuple[Stage, ...]) -> str:
    kind = next(type(stage).__name__ for stage in stages if not isinstance(stage, LineFilter))
    return f"the stage {kind}"
