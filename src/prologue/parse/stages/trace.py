"""`trace`: the trace and span a line belongs to, from fields, a W3C `traceparent`, or the text.

Without options all of it is tried: the fields that tracing libraries write, then `traceparent`, then
`trace_id=...` and its like in the body. An id is 32 (a span's 16) hexadecimal digits, not all zero; a trace
id of 16 is padded. A line that has its ids already keeps them.

Sources: W3C Trace Context; OpenTelemetry's "Trace Context in non-OTLP Log Formats"; the B3 propagation
format.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import EMPTY, Expr, expr
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.kind import StageKind

_TRACE_FIELDS = (
    "trace_id", "traceId", "traceid", "TraceId", "trace.id", "otel.trace_id", "otelTraceID", "X-B3-TraceId",
    "mdc.traceId",
)  # fmt: skip
_SPAN_FIELDS = (
    "span_id", "spanId", "spanid", "SpanId", "span.id", "otel.span_id", "otelSpanID", "X-B3-SpanId",
    "mdc.spanId",
)  # fmt: skip
_PARENT_FIELDS = ("traceparent", "http.request.header.traceparent")
_PARENT = r"\b[0-9a-fA-F]{2}-([0-9a-fA-F]{32})-([0-9a-fA-F]{16})-[0-9a-fA-F]{2}\b"
_IN_TEXT = r"(?i)\b{name}[._-]?id[\"']?\s*[=:]\s*[\"']?({digits})\b"
_DIGITS = {"trace": "[0-9a-f]{32}|[0-9a-f]{16}", "span": "[0-9a-f]{16}"}


@dataclass(frozen=True, slots=True)
class Trace:
    """Names of fields; `text`: look into the body too."""

    trace: tuple[str, ...]
    span: tuple[str, ...]
    parent: tuple[str, ...]
    text: bool


def read(options: Options) -> Trace:
    named = [options.has(name) for name in ("trace_id", "span_id", "traceparent")]
    by_default = not any(named)
    return Trace(
        options.texts("trace_id", _TRACE_FIELDS if by_default else ()),
        options.texts("span_id", _SPAN_FIELDS if by_default else ()),
        options.texts("traceparent", _PARENT_FIELDS if by_default else ()),
        options.flag("text", by_default),
    )


def lower(node: Trace, rows: Rows) -> None:
    body = rows.source("body") if node.text else EMPTY
    parent = rows.compute(_first(node.parent, rows))
    if node.text:
        parent = rows.compute(expr(f"if({parent} != '', {parent}, {body})", parent, body))
    groups = rows.compute(expr(f"extractGroups({parent}, {rows.bindings.text(_PARENT)})", parent))
    for name, names, place in (("trace", node.trace, 1), ("span", node.span, 2)):
        found = rows.compute(_first(names, rows))
        candidates = [found, expr(f"{groups}[{place}]", groups)]
        if node.text:
            pattern = rows.bindings.text(_IN_TEXT.format(name=name, digits=_DIGITS[name]))
            candidates.append(expr(f"extract({body}, {pattern})", body))
        _set(f"{name}_id", candidates, rows)


def _first(names: tuple[str, ...], rows: Rows) -> Expr:
    """The first of these fields that has a value."""
    values = [rows.compute(rows.attribute(name)) for name in names if name not in ("trace_id", "span_id")]
    values += [rows.compute(rows.attribute(name)) for name in names if name in ("trace_id", "span_id")]
    if not values:
        return EMPTY
    guard = [rows.guard] if rows.guard is not None else []
    branches = ", ".join(f"{value} != '', {value}" for value in values)
    chosen = f"multiIf({branches}, '')"
    return expr(f"if({rows.guard}, {chosen}, '')" if guard else chosen, *values, *guard)


def _set(name: str, candidates: list[Expr], rows: Rows) -> None:
    digits = 32 if name == "trace_id" else 16
    chosen: Expr = EMPTY
    for candidate in reversed(candidates):
        value = rows.compute(candidate)
        valid = (
            f"match({value}, '^(?:[0-9a-fA-F]{{16}}|[0-9a-fA-F]{{{digits}}})$') AND match({value}, '[^0]')"
        )
        chosen = rows.compute(expr(f"if({valid}, {value}, {chosen})", value, chosen))
    old = rows.column(name)
    padded = f"leftPad(lower({chosen}), {digits}, '0')"
    rows.found(name, rows.compute(expr(f"if({chosen} = '' OR {old} != '', '', {padded})", chosen, old)))


STAGE = StageKind(read, lower)
