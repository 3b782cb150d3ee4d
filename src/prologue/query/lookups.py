"""What streams there are: label names, the values of a label, whole label sets.

Answered from the streams table alone, one row a stream and day, so that a picker does not wait for
lines however many there are. A stream counts for every UTC day that has lines of it.

Next chapter: `prologue.query.streams`, whose conditions these share.
"""

from __future__ import annotations

from collections.abc import Iterable

from prologue.logql.log_nodes import Matcher
from prologue.logql.lower.sql import Bindings, Statement
from prologue.logql.parser import parse_matchers
from prologue.query.run import QueryEngine
from prologue.query.streams import Scope, scope_condition, selector_condition


class Lookups:
    """Lookups over one query engine. An empty selector means every stream of the tenant."""

    def __init__(self, engine: QueryEngine) -> None:
        self._engine = engine

    def label_names(self, scope: Scope, selector: str = "") -> list[str]:
        """The names of the labels that matching streams have, in order."""
        bindings = Bindings()
        where = _where(scope, [_matchers(selector)], bindings)
        sql = f"SELECT DISTINCT arrayJoin(mapKeys(labels)) AS name FROM streams WHERE {where} ORDER BY name"
        return self._column(Statement(sql, bindings.values), "name")

    def label_values(self, scope: Scope, name: str, selector: str = "") -> list[str]:
        """The values that matching streams have for one label, in order."""
        bindings = Bindings()
        where = _where(scope, [_matchers(selector)], bindings)
        value = f"labels[{bindings.text(name)}]"
        sql = f"SELECT DISTINCT {value} AS value FROM streams WHERE {where} AND value != '' ORDER BY value"
        return self._column(Statement(sql, bindings.values), "value")

    def series(self, scope: Scope, selectors: Iterable[str] = ()) -> list[dict[str, str]]:
        """The label sets of the streams that any of the selectors matches."""
        bindings = Bindings()
        alternatives = [_matchers(selector) for selector in selectors] or [()]
        where = _where(scope, alternatives, bindings)
        distinct = f"SELECT any(labels) AS found FROM streams WHERE {where} GROUP BY stream"
        sql = f"SELECT found FROM ({distinct}) ORDER BY toString(found)"
        rows = self._engine.run(Statement(sql, bindings.values)).to_pylist()
        return [dict(row["found"] or ()) for row in rows]

    def _column(self, statement: Statement, name: str) -> list[str]:
        return [str(value) for value in self._engine.run(statement)[name].to_pylist()]


def _where(scope: Scope, alternatives: list[tuple[Matcher, ...]], bindings: Bindings) -> str:
    either = " OR ".join(f"({selector_condition(matchers, bindings)})" for matchers in alternatives)
    return f"{scope_condition(scope, bindings)} AND ({either})"


def _matchers(selector: str) -> tuple[Matcher, ...]:
    """Raises QueryError where the text is more than a stream selector; `{}` means every stream."""
    return parse_matchers(selector, allow_empty=True) if selector.strip() else ()
