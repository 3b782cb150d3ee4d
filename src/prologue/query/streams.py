"""Streams: which ones a selector means, and what is known of them before lines are read.

The streams table is small. One look at it tells which label names the matching streams have at all
(`Facts`), so that a filter on a name no stream has never needs a join, and whether the selector rules
out any stream at all, so that one which matches everything costs nothing on the lines.

Next chapter: `prologue.query.lower.environment`, which uses the facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prologue.logql.log_nodes import Matcher
from prologue.logql.lower.matchers import match_condition
from prologue.logql.lower.sql import Bindings, Statement

DAY = 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Facts:
    """`names`: labels any matching stream has; `everywhere`: those that all of them have.

    `matching` of `known` streams match.
    """

    names: frozenset[str]
    everywhere: frozenset[str]
    matching: int
    known: int

    @property
    def selects_all(self) -> bool:
        return self.matching == self.known


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose streams, between which instants (Unix ns, both included)."""

    tenant: str
    start: int
    end: int


def scope_condition(scope: Scope, bindings: Bindings) -> str:
    """Rows of `streams` of that tenant and those days. Days before 1970 and after 2149 are clipped."""
    first = min(max(scope.start // DAY, 0), 65_535)
    last = min(max(scope.end // DAY, 0), 65_535)
    return (
        f"tenant = {bindings.text(scope.tenant)} "
        f"AND day >= toDate({bindings.integer(first)}) AND day <= toDate({bindings.integer(last)})"
    )


def selector_condition(matchers: tuple[Matcher, ...], bindings: Bindings) -> str:
    """The matchers on `streams.labels`; a label that is absent is empty."""
    parts = (match_condition(f"labels[{bindings.text(m.name)}]", m.op, m.value, bindings) for m in matchers)
    return " AND ".join(parts) or "true"


def matching_streams(matchers: tuple[Matcher, ...], scope: Scope, bindings: Bindings) -> str:
    """A subquery of the ids that match."""
    return (
        f"SELECT stream FROM streams WHERE {scope_condition(scope, bindings)} "
        f"AND {selector_condition(matchers, bindings)}"
    )


def facts_statement(matchers: tuple[Matcher, ...], scope: Scope) -> Statement:
    """One row: what `Facts` holds."""
    bindings = Bindings()
    condition = selector_condition(matchers, bindings)
    # A stream has a row a day, so streams are made distinct before anything is counted.
    sql = (
        "SELECT counted.1 AS names, counted.2 AS counts, matching, known FROM ("
        "SELECT sumMapIf(mapKeys(labels), arrayMap(x -> toUInt64(1), mapKeys(labels)), matches) AS counted, "
        "countIf(matches) AS matching, count() AS known "
        f"FROM (SELECT any(labels) AS labels, {condition} AS matches FROM streams "
        f"WHERE {scope_condition(scope, bindings)} GROUP BY stream))"
    )
    return Statement(sql, bindings.values)


def facts_of(row: Mapping[str, Any]) -> Facts:
    """The facts of the one row of `facts_statement`."""
    matching = int(row["matching"])
    counts = dict(zip(row["names"], row["counts"], strict=True))
    everywhere = frozenset(name for name, count in counts.items() if count == matching)
    return Facts(frozenset(counts), everywhere, matching, int(row["known"]))
