"""LogQL as columns: the plan of Loki's routes, ended in a table instead of JSON texts.

A log query has one row a line: `timestamp`, `line`, `labels` (of the stream), `structured_metadata`,
`parsed` (by the query's own stages), `level`, `trace_id`, `span_id`. A metric query has one row a
sample: `timestamp`, `value`, `labels`. Times are DateTime64(9, 'UTC'). `level` and the ids are what is
stored with the line, whatever the pipeline keeps or drops of its labels.

Next chapter: `prologue.query.tabular.result`.
"""

from __future__ import annotations

from collections.abc import Mapping

from prologue.logql.lower.sql import Bindings, Statement
from prologue.logql.metric_nodes import VectorOp
from prologue.query.compile import Compiled
from prologue.query.lower import lines, metrics, ranges
from prologue.query.lower.label_maps import label_maps
from prologue.query.lower.relation import Relation, map_of
from prologue.query.lower.rows import joined_labels
from prologue.query.lower.scan import Scan
from prologue.query.plan.nodes import Aggregate, Lines, Metric, Range
from prologue.query.request import Direction, Request
from prologue.query.streams import Facts

_ASCENDING = (VectorOp.SORT, VectorOp.BOTTOMK)
_DESCENDING = (VectorOp.SORT_DESC, VectorOp.TOPK, VectorOp.APPROX_TOPK)


def lower_table(compiled: Compiled, facts: Mapping[Scan, Facts], most_rows: int) -> Statement:
    """The SELECT of columns. `most_rows` bounds the samples of a metric query, 0 for no bound."""
    plan, request = compiled.plan, compiled.request
    if isinstance(plan, Lines):
        return _lines(plan, request, facts[lines.scan_of(plan, request)])
    bindings = Bindings()

    def facts_for(node: Range) -> Facts:
        return facts[ranges.scan_of(node, request)]

    relation = metrics.lower_metric(plan, request, facts_for, bindings)
    return _samples(relation, plan, request, most_rows, bindings)


def _lines(plan: Lines, request: Request, facts: Facts) -> Statement:
    bindings = Bindings()
    rows = lines.shown_rows(plan, request, facts, bindings)
    maps = label_maps(rows.env)
    source = joined_labels(f"(SELECT *, toValidUTF8({rows.line}) AS shown_line FROM ({rows.sql}))", rows)
    for name, sql in maps.steps:
        source = f"(SELECT *, {sql} AS {name} FROM {source})"
    order = "ASC" if request.direction is Direction.FORWARD else "DESC"
    columns = (
        "timestamp",
        "shown_line AS line",
        f"{_text_map(maps.stream)} AS labels",
        f"{_text_map(maps.metadata)} AS structured_metadata",
        f"{_text_map(maps.parsed)} AS parsed",
        "CAST(level, 'String') AS level",
        "trace_id",
        "span_id",
    )
    # Aliases here would hide the columns that the maps are made of, were they in one SELECT.
    inner = f"SELECT {', '.join(_apart(column) for column in columns)} FROM {source}"
    shown = ", ".join(f"r_{_name(column)} AS {_name(column)}" for column in columns)
    return Statement(f"SELECT {shown} FROM ({inner}) ORDER BY r_timestamp {order}", bindings.values)


def _samples(
    relation: Relation, plan: Metric, request: Request, most_rows: int, bindings: Bindings
) -> Statement:
    step = bindings.integer(request.step or 1)
    at = f"fromUnixTimestamp64Nano({bindings.integer(request.start)} + k * {step}, 'UTC')"
    labels = _text_map(map_of(relation, bindings))
    rows = f"SELECT {at} AS r_timestamp, value AS r_value, {labels} AS r_labels FROM ({relation.sql})"
    # One more than allowed, so that too many can be told from just enough.
    limit = f" LIMIT {bindings.integer(most_rows + 1)}" if most_rows else ""
    return Statement(
        "SELECT r_timestamp AS timestamp, r_value AS value, r_labels AS labels "
        f"FROM ({rows}) ORDER BY {_order(plan, request)}toString(r_labels), r_timestamp{limit}",
        bindings.values,
    )


def _order(plan: Metric, request: Request) -> str:
    """What an instant query was asked to be sorted by, as in Loki's answer."""
    if request.instant and isinstance(plan, Aggregate) and plan.op in _ASCENDING:
        return "isNaN(r_value), r_value ASC, "
    if request.instant and isinstance(plan, Aggregate) and plan.op in _DESCENDING:
        return "isNaN(r_value), r_value DESC, "
    return ""


def _text_map(labels: str) -> str:
    """A label map as Map(String, String) of valid UTF-8, sorted by name."""
    valid = f"mapSort(mapApply((k, v) -> (toValidUTF8(toString(k)), toValidUTF8(v)), {labels}))"
    return f"CAST({valid}, 'Map(String, String)')"


def _name(column: str) -> str:
    return column.rsplit(" ", 1)[-1]


def _apart(column: str) -> str:
    value = column.removesuffix(f" AS {_name(column)}")
    return f"{value} AS r_{_name(column)}"
