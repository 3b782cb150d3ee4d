"""Range aggregations: lines to rows of labels, evaluation and value.

Two steps, so that the first runs over lines and does little, and the second runs over few rows and
may do much. First, lines are grouped by what tells their series apart as it lies in the table (the
stream id, metadata columns, computed labels) and by pane. Second, stream labels are joined, label
sets are made, and panes are merged into windows. Where nothing is left to merge the first step is all.

Next chapter: `prologue.query.lower.vectors`, which aggregates series.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.log_nodes import MatchOp
from prologue.logql.lower.sql import Bindings, Expr
from prologue.logql.metric_nodes import RangeOp
from prologue.query.lower.label_maps import label_maps, map_columns, with_maps
from prologue.query.lower.pipeline_errors import fail_on_errors
from prologue.query.lower.range_functions import RangeFunction, range_function
from prologue.query.lower.relation import LABELS, Relation, closed_column, kept_labels
from prologue.query.lower.rows import Rows, joined_labels, stream_labels
from prologue.query.lower.samples import error_labels, sample_rows
from prologue.query.lower.scan import Scan, scan_rows
from prologue.query.lower.stages import run_stages
from prologue.query.lower.window import Window, evaluations_of_pane, in_a_window, pane, window_of
from prologue.query.plan.nodes import Range
from prologue.query.request import Request
from prologue.query.streams import Facts


def scan_of(node: Range, request: Request) -> Scan:
    """What a range aggregation reads."""
    window = window_of(request, node.range_ns, node.offset_ns)
    return Scan(request.tenant, node.lines.matchers, window.first, window.last)


def lower_range(node: Range, request: Request, facts: Facts, bindings: Bindings) -> Relation:
    """The series of a range aggregation at every evaluation that has any."""
    window = window_of(request, node.range_ns, node.offset_ns)
    rows = scan_rows(scan_of(node, request), facts, bindings, request.derived, request.now)
    condition = in_a_window(window, bindings)
    if condition is not None:
        rows = rows.where(Expr(condition, frozenset({"timestamp"})))
    rows, value = sample_rows(run_stages(rows, node.lines.stages), node)
    job = _Job(node, rows, value, window, range_function(node, bindings))
    relation = _closed(job) if node.grouping and not node.grouping.without else _open(job)
    return _absent(job, relation) if node.op is RangeOp.ABSENT else relation


@dataclass(frozen=True, slots=True)
class _Job:
    node: Range
    rows: Rows
    value: Expr
    window: Window
    function: RangeFunction

    @property
    def bindings(self) -> Bindings:
        return self.rows.env.bindings


def _closed(job: _Job) -> Relation:
    """Grouped `by` names: each name is a column."""
    grouping = job.node.grouping
    names = list(grouping.labels) if grouping else []
    if not job.node.drops_errors:
        names += [name for name in error_labels(job.rows) if name not in names]
    names = list(dict.fromkeys(names))
    now: dict[str, Expr] = {}
    later: dict[str, Expr] = {}
    rows = job.rows
    for name in names:
        value = rows.env.value(name)
        if value.columns == {"stream"} and value.labels and not value.labels <= rows.joined:
            later[name] = value  # joined behind the aggregation: one row a stream, not one a line
        else:
            rows, now[name] = rows.compute(value)
    job = _Job(job.node, rows, job.value, job.window, job.function)
    keys = {closed_column(name): value.sql for name, value in now.items()}
    if later:
        keys["stream"] = "stream"
    if not later and job.window.is_direct:
        return Relation(_first_step(job, keys, whole=True), tuple(names))
    source = f"({_first_step(job, keys, whole=False)})"
    if later:
        wanted = frozenset().union(*(value.labels for value in later.values()))
        right = stream_labels(rows.scope, rows.env, wanted)
        source = f"(SELECT * FROM {source} AS l ANY LEFT JOIN ({right}) AS r USING (stream))"
    made = {closed_column(name): later[name].sql if name in later else closed_column(name) for name in names}
    return Relation(_second_step(job, source, made), tuple(names))


def _open(job: _Job) -> Relation:
    """Every label counts, but for those `without` names."""
    rows = job.rows
    maps = label_maps(rows.env)
    keys = {name: name for name in sorted(map_columns(rows.env))}
    source = f"({_first_step(job, keys, whole=False)})"
    source = joined_labels(source, rows)
    source = with_maps(source, maps, job.bindings)
    merged = f"mapUpdate(mapUpdate({maps.stream}, {maps.metadata}), {maps.parsed})"
    merged = f"mapFilter((k, v) -> v != '', {merged})"
    grouping = job.node.grouping
    if grouping is not None:
        merged = kept_labels(merged, grouping.labels, job.bindings, without=True)
    return Relation(_second_step(job, source, {LABELS: f"mapSort({merged})"}), None)


def _first_step(job: _Job, keys: dict[str, str], *, whole: bool) -> str:
    """Lines grouped by the keys and the pane."""
    function = job.function
    selected = [f"{sql} AS {name}" if sql != name else name for name, sql in keys.items()]
    numbered = f"{pane(job.window, job.bindings)} AS pane"
    columns = [*selected, "timestamp", f"{job.value} AS value", numbered, *_error_columns(job)]
    source = f"(SELECT {', '.join(columns)} FROM ({job.rows.sql}))"
    lead = "".join(f"{name}, " for name in keys)
    group = f"GROUP BY {lead}pane{fail_on_errors(job.rows.env)}"
    if whole:
        finished = function.finish.replace("{}", function.whole)
        return f"SELECT {lead}toInt64(pane) AS k, {finished} AS value FROM {source} {group}"
    return f"SELECT {lead}toInt64(pane) AS pane, {function.state} AS state FROM {source} {group}"


def _error_columns(job: _Job) -> list[str]:
    env = job.rows.env
    if not env.error.columns:
        return []
    return [f"{env.error} AS failed_with", f"{env.preserved} AS preserved"]


def _second_step(job: _Job, source: str, labels: dict[str, str]) -> str:
    """Panes of equal labels merged into windows."""
    if job.window.is_direct:
        evaluated = f"(SELECT *, pane AS k FROM {source})"
    else:
        evaluations = evaluations_of_pane(job.window, "pane", job.bindings)
        evaluated = f"(SELECT *, arrayJoin({evaluations}) AS k FROM {source})"
    made = "".join(f"{sql} AS {name}_, " for name, sql in labels.items())
    inner = f"SELECT {made}k, state FROM {evaluated}"
    lead = "".join(f"{name}_ AS {name}, " for name in labels)
    group = ", ".join([*(f"{name}_" for name in labels), "k"])
    finished = job.function.finish.replace("{}", job.function.merge)
    return f"SELECT {lead}k, {finished} AS value FROM ({inner}) GROUP BY {group}"


def _absent(job: _Job, present: Relation) -> Relation:
    """1 at every evaluation that no line counts for, with the labels the selector demands."""
    names = tuple(dict.fromkeys(m.name for m in job.node.lines.matchers if m.op is MatchOp.EQUAL and m.value))
    values = {m.name: m.value for m in job.node.lines.matchers if m.op is MatchOp.EQUAL}
    lead = "".join(f"{job.bindings.text(values[name])} AS {closed_column(name)}, " for name in names)
    count = job.bindings.integer(job.window.count)
    return Relation(
        f"SELECT {lead}k, 1. AS value FROM (SELECT arrayJoin(range(toInt64({count}))) AS k) "
        f"WHERE k NOT IN (SELECT k FROM ({present.sql}))",
        names,
    )
