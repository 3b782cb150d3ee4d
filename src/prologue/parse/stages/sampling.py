"""`sample` keeps a share of the lines, `rate_limit` a number of them in each second; the rest is counted.

Both decide by what a line says, never by chance: a batch that is tried again comes out the same. `sample`
takes a hash of its `key` (or of the line and when it arrived), so lines of one key stay or go together,
whichever node or batch they come in. A line that was let through says at which rate in `sample_rate`.
`rate_limit` counts within a batch, for each stream or key and each period of arrival.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import Expr, expr
from prologue.parse.columns import array
from prologue.parse.levels.sql import named_level
from prologue.parse.levels.words import LEVEL_KEYS
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.nodes import Predicate
from prologue.parse.pipelines.predicates import holds, read_predicate
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.kind import StageKind

_MILLION = 1_000_000
_SECOND = 10**9
_ERRORS = ("error", "critical", "fatal")


@dataclass(frozen=True, slots=True)
class Sample:
    """`share` of a million. `keep`: lines that stay whatever the share; `errors`: so do errors."""

    share: int
    key: tuple[str, ...]
    keep: Predicate | None
    errors: bool


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`lines` in each `period` (ns), for each value of `key`, or for each stream."""

    lines: int
    period: int
    key: tuple[str, ...]


def read_sample(options: Options) -> Sample:
    share = options.number("rate", least=0.0, most=1.0)
    keep = read_predicate(options.text("keep"), options.place("keep")) if options.has("keep") else None
    return Sample(round(share * _MILLION), options.texts("key", ()), keep, options.flag("keep_errors", True))


def read_rate_limit(options: Options) -> RateLimit:
    period = options.duration("per", _SECOND)
    if period <= 0:
        options.refuse("per", "per is zero", "write it like 1s")
    return RateLimit(options.integer("lines", least=1), period, options.texts("key", ()))


def lower_sample(node: Sample, rows: Rows) -> None:
    values = [rows.compute(rows.value(name)) for name in node.key]
    if not values:
        values = [rows.column("body"), expr(f"toString({rows.column('observed')})", rows.column("observed"))]
    chosen = expr(f"sipHash64({', '.join(map(_sql, values))}) % {_MILLION} < {node.share}", *values)
    spared = [_is_error(rows)] if node.errors else []
    if node.keep is not None and (kept := holds(node.keep, rows)) is not None:
        spared.append(kept)
    for one in spared:
        spare = rows.compute(expr(f"NOT ({one})", one))
        rows.narrow(spare)
    sampled = rows.guard
    stays = rows.compute(chosen)
    rate = rows.bindings.text(f"{node.share / _MILLION:g}")
    rows.assign("sample_rate", Expr(rate))
    gone = stays if sampled is None else expr(f"NOT {sampled} OR {stays}", sampled, stays)
    rows.where(gone)


def lower_rate_limit(node: RateLimit, rows: Rows) -> None:
    names = [rows.compute(rows.value(name)) for name in node.key]
    of = names or [rows.column("tenant"), rows.column("labels")]
    observed, body = rows.column("observed"), rows.column("body")
    touched = [rows.guard] if rows.guard is not None else []
    period = f"intDiv(toUnixTimestamp64Nano({observed}), {node.period})"
    parts = ", ".join([*map(_sql, of), period, *map(_sql, touched)])
    number = f"row_number() OVER (PARTITION BY {parts} ORDER BY {observed}, {body})"
    place = rows.compute(expr(number, *of, observed, body, *touched))
    within = f"{place} <= {node.lines}"
    rows.where(expr(f"NOT {rows.guard} OR {within}" if touched else within, place, *touched))


def _sql(value: Expr) -> str:
    return value.sql


def _is_error(rows: Rows) -> Expr:
    """By what is known so far: severity, a field such as `level`, a stage that failed."""
    number, text = rows.column("severity_number"), rows.column("severity_text")
    said = [rows.compute(rows.attribute(name)) for name in LEVEL_KEYS]
    branches = ", ".join(f"{value} != '', {value}" for value in said)
    word = rows.compute(expr(f"multiIf({text} != '', {text}, {branches}, '')", text, *said))
    level = f"{named_level(word.sql)} IN {array(_ERRORS)}"
    return expr(f"({number} >= 17 OR {level})", number, word)


SAMPLE = StageKind(read_sample, lower_sample, main="rate")
RATE_LIMIT = StageKind(read_rate_limit, lower_rate_limit, main="lines")
