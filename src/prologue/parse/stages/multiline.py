"""`multiline`: lines that belong together, such as a stack trace, joined to one, within a stream.

`start` is an expression that a record's first line matches; a line that does not match goes to the record
before it. Instead, `continuation` matches the other lines, or `preset` names a rule of
`prologue.model.multiline`. Lines are joined in order of arrival, within one stream (labels, and the
attribute `stream` of containers) and one batch: a record that two batches share becomes two. Time, level
and attributes are those of the first line. It must come first in its pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import Bindings
from prologue.logql.problems import TextProblem
from prologue.logql.regex import scan_regex
from prologue.model.multiline import PRESETS, Rule
from prologue.parse.columns import RAW_COLUMNS
from prologue.parse.multiline import begins_sql
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.kind import StageKind

_FIRST = tuple(name for name in RAW_COLUMNS if name not in ("tenant", "labels", "body", "observed"))


@dataclass(frozen=True, slots=True)
class Multiline:
    """A record has at most `most` lines and is cut there."""

    rule: Rule
    most: int
    joiner: str


def read(options: Options) -> Multiline:
    if options.has("when"):
        options.refuse("when", "multiline joins all lines of its pipeline", "use the pipeline's match")
    return Multiline(_rule(options), options.integer("max_lines", 1000, least=2, most=100_000), "\n")


def _rule(options: Options) -> Rule:
    given = [name for name in ("start", "continuation", "preset") if options.has(name)]
    if len(given) > 1:
        options.refuse(given[1], f"{given[0]} and {given[1]} exclude each other", "name one of them")
    if given == ["preset"]:
        return PRESETS[options.choice("preset", tuple(PRESETS))]
    name = given[0] if given else "start"
    pattern = options.text(name)
    try:
        scan_regex(pattern)
    except TextProblem as problem:
        options.refuse(name, f"at character {problem.offset + 1}: {problem.message}", problem.cure)
    return Rule(start=pattern) if name == "start" else Rule(continuation=pattern)


def lower(node: Multiline, rows: Rows) -> None:
    rows.reshape(lambda source: _joined(node, source, rows.bindings))


def _joined(node: Multiline, source: str, bindings: Bindings) -> str:
    """A SELECT of RAW_COLUMNS: one row for each record."""
    of = "PARTITION BY tenant, labels, attributes['stream']"
    over = f"{of} ORDER BY observed, body"
    starts = begins_sql(node.rule, "body", over, bindings.text)
    number = f"sum(starts) OVER ({over} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    place = f"row_number() OVER ({of}, record ORDER BY observed, body)"
    first = ", ".join(f"argMin(tuple({name}), (observed, body)).1 AS first_{name}" for name in _FIRST)
    lines = "arraySort(l -> l.1, groupArray(((observed, body), body)))"
    body = f"arrayStringConcat(arrayMap(l -> l.2, {lines}), {bindings.text(node.joiner)})"
    names = ", ".join(f"first_{name} AS {name}" for name in _FIRST)
    return f"""
SELECT tenant, labels, first_observed AS observed, joined AS body, {names} FROM (
    SELECT tenant, labels, min(observed) AS first_observed, {body} AS joined, {first}
    FROM (
        SELECT *, intDiv({place} - 1, {node.most}) AS piece FROM (
            SELECT *, {number} AS record FROM (SELECT *, {starts} AS starts FROM {source}))
    )
    GROUP BY tenant, labels, attributes['stream'], record, piece
)"""


STAGE = StageKind(read, lower, main="start", first=True)
