"""A query's text to a plan that can be run: the pure half of answering.

    text -> tokens -> tree -> checks       prologue.logql
    tree -> plan -> passes                 prologue.query.plan
    plan + facts -> SQL                    prologue.query.lower
    SQL -> result                          prologue.query.run

Compiling reads nothing. What it needs to know of the data first (`looks`: one small SELECT on the
streams table for each distinct selector and time range) it names, and `statement` takes the answers.

Next chapter: `prologue.logql.parser`, or `prologue.query.run`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prologue.logql.lower.sql import Bindings, Statement
from prologue.logql.parser import parse_query
from prologue.query.lower import lines, metrics, ranges
from prologue.query.lower.scan import Scan
from prologue.query.plan.build import build
from prologue.query.plan.nodes import Aggregate, Binary, Lines, Metric, Plan, Range, Relabel, Scalar
from prologue.query.plan.optimize import optimize
from prologue.query.request import Request, check_request
from prologue.query.streams import Facts


@dataclass(frozen=True, slots=True)
class Compiled:
    """One query with its surroundings. `looks` are the scans whose facts `statement` needs."""

    text: str
    plan: Plan
    request: Request

    @property
    def is_log(self) -> bool:
        return isinstance(self.plan, Lines)

    @property
    def looks(self) -> tuple[Scan, ...]:
        return tuple(dict.fromkeys(_scans(self.plan, self.request)))

    def statement(self, facts: Mapping[Scan, Facts], max_series: int) -> Statement:
        """The SELECT that answers. Log queries and matrices come grouped by series, as JSON texts."""
        plan, request = self.plan, self.request
        if isinstance(plan, Lines):
            return lines.lower_lines(plan, request, facts[lines.scan_of(plan, request)])
        bindings = Bindings()

        def facts_for(node: Range) -> Facts:
            return facts[ranges.scan_of(node, request)]

        relation = metrics.lower_metric(plan, request, facts_for, bindings)
        if request.instant:
            return metrics.render_vector(relation, plan, max_series, bindings)
        return metrics.render_matrix(relation, request, max_series, bindings)


def compile_query(text: str, request: Request) -> Compiled:
    """Raises `QueryError` where the text or its surroundings make no query."""
    plan = optimize(build(parse_query(text)))
    check_request(request, is_log=isinstance(plan, Lines))
    return Compiled(text, plan, request)


def _scans(plan: Plan, request: Request) -> Iterator[Scan]:
    if isinstance(plan, Lines):
        yield lines.scan_of(plan, request)
        return
    yield from _range_scans(plan, request)


def _range_scans(node: Metric, request: Request) -> Iterator[Scan]:
    if isinstance(node, Range):
        yield ranges.scan_of(node, request)
    elif isinstance(node, Aggregate | Relabel):
        yield from _range_scans(node.source, request)
    elif isinstance(node, Binary):
        for side in (node.left, node.right):
            if not isinstance(side, Scalar):
                yield from _range_scans(side, request)
