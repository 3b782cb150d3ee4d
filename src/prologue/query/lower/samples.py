"""From lines to samples: the number each line counts for, and the labels `unwrap` leaves behind."""

from __future__ import annotations

from dataclasses import replace

from prologue.logql.lower import conversions
from prologue.logql.lower.sql import EMPTY, Expr, expr
from prologue.logql.metric_nodes import Conversion, RangeOp, Unwrap
from prologue.query.lower.environment import ERROR, ERROR_DETAILS, Filtered
from prologue.query.lower.label_filters import filter_labels
from prologue.query.lower.rows import Rows
from prologue.query.plan.nodes import Range

_LENGTH = (RangeOp.BYTES, RangeOp.BYTES_RATE)
SAMPLE_ERROR = "'SampleExtractionErr'"
_WANTED = {Conversion.NUMBER: "a number", Conversion.BYTES: "a byte size"}


def sample_rows(rows: Rows, node: Range) -> tuple[Rows, Expr]:
    """The rows and the value of each: an unwrapped label, a length in bytes, or nothing to look at."""
    if node.unwrap is not None:
        return _unwrapped(rows, node.unwrap)
    if node.op in _LENGTH:
        return rows, expr(f"length({rows.line})", rows.line)
    return rows, Expr("1")


def _unwrapped(rows: Rows, unwrap: Unwrap) -> tuple[Rows, Expr]:
    rows, text = rows.compute(rows.env.value(unwrap.label))
    # A line without the label gives no sample at all; one whose label is no number gives an error.
    rows = rows.where(expr(f"{text} != ''", text))
    rows, converted = rows.compute(_converted(rows, text, unwrap.conversion))
    rows = _with_sample_error(rows, text, converted, unwrap.conversion)
    for stage in unwrap.filters:
        rows = filter_labels(rows, stage)
    gone = Filtered((unwrap.label,), keep=False, values={})
    rows = replace(rows, env=rows.env.after(gone))
    return rows, expr(f"ifNull({converted}, 0.)", converted)


def _converted(rows: Rows, text: Expr, conversion: Conversion) -> Expr:
    bindings = rows.env.bindings
    if conversion is Conversion.NUMBER:
        return conversions.number(text, bindings)
    if conversion is Conversion.BYTES:
        return conversions.size(text, bindings)
    ns = conversions.duration(text, bindings)
    return expr(f"({ns}) / 1000000000", ns)


def _with_sample_error(rows: Rows, text: Expr, converted: Expr, conversion: Conversion) -> Rows:
    env = rows.env
    failed = expr(f"isNull({converted})", converted)
    wanted = _WANTED.get(conversion, "a duration")
    details = expr(f"concat('cannot read \"', {text}, '\" as {wanted}')", text)
    fresh = f"{env.error} = '' AND {failed}" if env.error != EMPTY else failed.sql
    rows, error = rows.compute(expr(f"if({fresh}, {SAMPLE_ERROR}, {env.error})", env.error, failed))
    rows, detail = rows.compute(
        expr(f"if({fresh}, {details}, {env.details})", env.error, env.details, failed, details)
    )
    return replace(rows, env=replace(rows.env, error=error, details=detail))


def error_labels(rows: Rows) -> tuple[str, ...]:
    """The error labels a grouping must keep: those the pipeline may have set."""
    return () if rows.env.error == EMPTY else (ERROR, ERROR_DETAILS)
