"""Log queries: the lines nearest to one end of the time range, with all their labels.

The pipeline is lowered twice. The first time only its filters matter: the engine looks for the newest
(or oldest) lines that pass, reading and computing nothing else. The second time it runs on those few
lines and shows everything it parsed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from prologue.logql.lower.sql import Bindings, Expr, Statement
from prologue.query.lower.label_maps import NO_LABELS, label_maps, with_maps
from prologue.query.lower.rows import RAW_COLUMNS, Rows, joined_labels
from prologue.query.lower.scan import Scan, scan_rows
from prologue.query.lower.stages import run_stages
from prologue.query.plan.nodes import Lines
from prologue.query.request import Direction, Request
from prologue.query.streams import Facts

_NS = "toUnixTimestamp64Nano(timestamp)"
# What is read first is said (see `rows.py`): the time of every line would be read before its body else.
_SETTINGS: Mapping[str, int] = MappingProxyType({"optimize_move_to_prewhere": 0})


def scan_of(node: Lines, request: Request) -> Scan:
    """What a log query reads: the start is included, the end is not."""
    return Scan(
        request.tenant,
        node.matchers,
        request.start,
        request.end - 1,
        request.after_batch,
        request.up_to_batch,
    )


def lower_lines(node: Lines, request: Request, facts: Facts) -> Statement:
    """Rows `labels` and `entries`: a stream's labels as JSON, and its entries as JSON, joined by commas.

    `lines` counts the entries, `first` and `last` are the ns of the oldest and the newest.
    """
    bindings = Bindings()
    shown = shown_rows(node, request, facts, bindings)
    return Statement(_render(shown, request), bindings.values, _SETTINGS)


def shown_rows(node: Lines, request: Request, facts: Facts, bindings: Bindings) -> Rows:
    """The lines of the answer and no others, in no order, with the pipeline run on them."""
    found = scan_rows(scan_of(node, request), facts, bindings, request.derived, request.now)
    passing = passing_rows(node, request, facts, bindings)
    order = "ASC" if request.direction is Direction.FORWARD else "DESC"
    one_each = " LIMIT 1 BY timestamp" if request.instants is not None else ""
    raw = ", ".join(RAW_COLUMNS)
    limit = bindings.integer(request.limit)
    # Every SELECT around another costs the engine's analyser about a millisecond.
    every = passing.sql if not passing.levels else f"SELECT {raw} FROM ({passing.sql})"
    nearest = f"{every} ORDER BY timestamp {order}{one_each} LIMIT {limit}"
    few = replace(found, source=f"({nearest})", conditions=())
    # What the stages ask of stored columns these lines have passed.
    return replace(run_stages(few, node.stages), conditions=())


def passing_rows(node: Lines, request: Request, facts: Facts, bindings: Bindings) -> Rows:
    """Every line of the query, however many; of each instant that is asked for where some are."""
    rows = scan_rows(scan_of(node, request), facts, bindings, request.derived, request.now)
    if request.instants is not None:
        times = f"toUnixTimestamp64Nano(timestamp) IN {bindings.integers(request.instants)}"
        rows = rows.where(Expr(times, frozenset({"timestamp"})))
    return run_stages(rows, node.stages)


def _render(rows: Rows, request: Request) -> str:
    """Lines grouped by the labels of the stream they are shown in."""
    maps = label_maps(rows.env)
    source = f"(SELECT *, {_NS} AS ns, toValidUTF8({rows.line}) AS shown_line FROM ({rows.sql}))"
    source = joined_labels(source, rows)
    source = with_maps(source, maps, rows.env.bindings)
    everything = f"mapUpdate(mapUpdate({maps.stream}, {maps.metadata}), {maps.parsed})"
    own, extra = (
        (maps.stream, _categories(maps.metadata, maps.parsed)) if request.categorize else (everything, "''")
    )
    entry = f"concat('[\"', toString(ns), '\",', toJSONString(shown_line), {extra}, ']')"
    rendered = f"SELECT {_json(own)} AS labels, ns, {entry} AS entry FROM {source}"
    ordered = "arraySort(e -> e.1, groupArray((ns, entry)))"
    ordered = ordered if request.direction is Direction.FORWARD else f"arrayReverse({ordered})"
    return (
        f"SELECT labels, arrayStringConcat(arrayMap(e -> e.2, {ordered}), ',') AS entries, count() AS lines, "
        f"min(ns) AS first, max(ns) AS last FROM ({rendered}) GROUP BY labels ORDER BY labels"
    )


def _categories(metadata: str, parsed: str) -> str:
    """The third element of an entry: its labels by where they come from, without empty categories."""
    both = f"concat('{{\"structuredMetadata\":', {_json(metadata)}, ',\"parsed\":', {_json(parsed)}, '}}')"
    one = f"concat('{{\"structuredMetadata\":', {_json(metadata)}, '}}')"
    other = f"concat('{{\"parsed\":', {_json(parsed)}, '}}')"
    empty = f"length({metadata}) = 0 AND length({parsed}) = 0"
    cases = f"{empty}, '{{}}', length({parsed}) = 0, {one}, length({metadata}) = 0, {other}, {both}"
    return f"',', multiIf({cases})"


def _json(labels: str) -> str:
    if labels == NO_LABELS:
        return "'{}'"
    return f"toJSONString(mapSort(mapApply((k, v) -> (toValidUTF8(k), toValidUTF8(v)), {labels})))"
