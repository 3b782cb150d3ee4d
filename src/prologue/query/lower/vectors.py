"""Aggregations over the series of one evaluation, scalars, and `label_replace`."""

from __future__ import annotations

import re

from prologue.logql.lower.sql import Bindings
from prologue.logql.metric_nodes import Grouping, VectorOp
from prologue.query.lower.relation import LABELS, Relation, closed_column, kept_labels, opened
from prologue.query.plan.nodes import Aggregate, Relabel, Vector
from prologue.query.request import Request

_FUNCTIONS = {
    VectorOp.SUM: "sum(value)",
    VectorOp.AVG: "avg(value)",
    # As in Prometheus, NaN loses against any number.
    VectorOp.MIN: "if(countIf(NOT isNaN(value)) = 0, nan, minIf(value, NOT isNaN(value)))",
    VectorOp.MAX: "if(countIf(NOT isNaN(value)) = 0, nan, maxIf(value, NOT isNaN(value)))",
    VectorOp.COUNT: "toFloat64(count())",
    VectorOp.STDDEV: "stddevPopStable(value)",
    VectorOp.STDVAR: "varPopStable(value)",
}
_RANKED = (VectorOp.TOPK, VectorOp.BOTTOMK, VectorOp.APPROX_TOPK)


def lower_aggregate(node: Aggregate, source: Relation, bindings: Bindings, *, instant: bool) -> Relation:
    """One aggregation over its source's series. `instant`: there is one evaluation only."""
    if node.op in (VectorOp.SORT, VectorOp.SORT_DESC):
        return source  # only the order of an instant result changes: see `render`
    if node.op in _RANKED:
        return _ranked(node, source, bindings, instant=instant)
    keys, names = _keys(node.grouping, source, bindings)
    lead = "".join(f"{sql} AS {name}_, " for name, sql in keys.items())
    shown = "".join(f"{name}_ AS {name}, " for name in keys)
    group = ", ".join([*(f"{name}_" for name in keys), "k"])
    inner = f"SELECT {lead}k, value FROM ({source.sql})"
    return Relation(f"SELECT {shown}k, {_FUNCTIONS[node.op]} AS value FROM ({inner}) GROUP BY {group}", names)


def _keys(
    grouping: Grouping | None, source: Relation, bindings: Bindings
) -> tuple[dict[str, str], tuple[str, ...] | None]:
    """The columns to group by, and the closed names they are (None: open)."""
    if grouping is None:
        return {}, ()
    if not grouping.without:
        names = tuple(dict.fromkeys(grouping.labels))
        return {closed_column(name): _value(source, name, bindings) for name in names}, names
    if source.names is not None:
        names = tuple(name for name in source.names if name not in grouping.labels)
        return {closed_column(name): closed_column(name) for name in names}, names
    return {LABELS: kept_labels(LABELS, grouping.labels, bindings, without=True)}, None


def _value(source: Relation, name: str, bindings: Bindings) -> str:
    if source.names is None:
        return f"{LABELS}[{bindings.text(name)}]"
    return closed_column(name) if name in source.names else "''"


def _ranked(node: Aggregate, source: Relation, bindings: Bindings, *, instant: bool) -> Relation:
    """The k largest or smallest of each group, with their own labels. NaN comes last."""
    keys, _ = _keys(node.grouping, source, bindings)
    group = ", ".join(["k", *keys.values()])
    direction = "ASC" if node.op is VectorOp.BOTTOMK else "DESC"
    ties = "".join(f", {name}" for name in source.label_columns)
    limit = int(node.parameter or 1)
    if instant and node.grouping is None:
        # One ranking over everything: the engine keeps the best and sorts no more than those.
        best = f"ORDER BY isNaN(value), value {direction}{ties} LIMIT {bindings.integer(limit)}"
        return Relation(f"SELECT {source.columns} FROM ({source.sql}) {best}", source.names)
    ranking = f"row_number() OVER (PARTITION BY {group} ORDER BY isNaN(value), value {direction}{ties})"
    ranked = f"SELECT {source.columns}, {ranking} AS place FROM ({source.sql})"
    return Relation(
        f"SELECT {source.columns} FROM ({ranked}) WHERE place <= {bindings.integer(limit)}", source.names
    )


def lower_vector(node: Vector, request: Request, bindings: Bindings) -> Relation:
    """`vector(n)`: one series without labels, everywhere."""
    count = bindings.integer(request.evaluations)
    return Relation(
        f"SELECT arrayJoin(range(toInt64({count}))) AS k, {bindings.number(node.value)} AS value", ()
    )


def lower_relabel(node: Relabel, source: Relation, bindings: Bindings) -> Relation:
    """`label_replace`: the target label is the replacement's expansion where the whole source matches."""
    relation = opened(source, bindings)
    value = f"{LABELS}[{bindings.text(node.label)}]"
    pattern = bindings.text(f"^(?s:{node.regex})$")
    target = bindings.text(node.target)
    replaced = f"replaceRegexpOne({value}, {pattern}, {bindings.text(_expansion(node.replacement))})"
    updated = f"mapFilter((k, v) -> v != '', mapSort(mapUpdate({LABELS}, map({target}, {replaced}))))"
    changed = f"if(match({value}, {pattern}), {updated}, {LABELS})"
    return Relation(f"SELECT {changed} AS {LABELS}, k, value FROM ({relation.sql})", None)


def _expansion(replacement: str) -> str:
    """Go's `$1` and `${1}` as RE2's `\\1`; a doubled `$` is a dollar sign."""
    escaped = replacement.replace("\\", "\\\\")
    return re.sub(
        r"\$(?:(\$)|(\d)(?![a-zA-Z0-9_])|\{(\d)\}|\w+|\{\w+\})",
        lambda m: "$" if m.group(1) else f"\\{m.group(2) or m.group(3)}" if m.group(2) or m.group(3) else "",
        escaped,
    )
