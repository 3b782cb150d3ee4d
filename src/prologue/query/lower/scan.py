"""The scan: the lines of the selected streams within the time range, before any stage."""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.log_nodes import Matcher
from prologue.logql.lower.sql import Bindings, Expr, column
from prologue.query.lower.environment import Environment
from prologue.query.lower.rows import Rows
from prologue.query.request import Derived
from prologue.query.streams import Facts, Scope, matching_streams

MIN_TIME = 0
MAX_TIME = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Scan:
    """`first <= timestamp <= last` in Unix ns; `after` and `up_to` bound the batch, for tail."""

    tenant: str
    matchers: tuple[Matcher, ...]
    first: int
    last: int
    after: int | None = None
    up_to: int | None = None

    @property
    def scope(self) -> Scope:
        return Scope(self.tenant, self.first, self.last)


def scan_rows(scan: Scan, facts: Facts, bindings: Bindings, derived: Derived, now: int = 0) -> Rows:
    """The rows of a scan."""
    conditions = [
        f"tenant = {bindings.text(scan.tenant)}",
        f"timestamp >= {instant(scan.first, bindings)}",
        f"timestamp <= {instant(scan.last, bindings)}",
    ]
    if not facts.selects_all:
        conditions.append(f"stream IN ({matching_streams(scan.matchers, scan.scope, bindings)})")
    if scan.after is not None:
        conditions.append(f"batch > {bindings.integer(scan.after)}")
    if scan.up_to is not None:
        conditions.append(f"batch <= {bindings.integer(scan.up_to)}")
    env = Environment(
        facts.names,
        facts.everywhere,
        bindings,
        detected_level=derived.detected_level,
        now=now,
    )
    where = tuple(Expr(condition) for condition in conditions)
    return Rows("logs", scan.scope, env, column("body"), conditions=where)


def instant(ns: int, bindings: Bindings) -> str:
    """A point in time as the column's type, clipped to what it can hold."""
    clipped = min(max(ns, MIN_TIME), MAX_TIME)
    return f"fromUnixTimestamp64Nano({bindings.integer(clipped)}, 'UTC')"
