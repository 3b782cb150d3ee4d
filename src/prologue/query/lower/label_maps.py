"""All labels at once: the rules of `environment`, folded over maps.

Used where a result shows every label: log lines, and metric queries that do not group. The maps are
built only for rows that are shown or for distinct label sets, never for every line that is read, and
step by step in nested SELECTs, so that the text stays short however long the pipeline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prologue.logql.lower.matchers import match_condition
from prologue.logql.lower.sql import Bindings, Expr, stacked
from prologue.query.lower.environment import (
    ERROR,
    ERROR_DETAILS,
    ERROR_LABELS,
    EXTRACTED,
    Assigned,
    Change,
    Environment,
    Filtered,
    Parsed,
)

STREAM_LABELS = "stream_labels"
"""The column the stream's labels are joined as: Map(String, String)."""
NO_LABELS = "CAST(map(), 'Map(String, String)')"
_NAMED = "replaceRegexpAll(toString(k), '[^a-zA-Z0-9_]', '_')"


@dataclass(frozen=True, slots=True)
class LabelMaps:
    """`steps` are columns to compute, each over those before; then the three maps by name."""

    steps: tuple[tuple[str, str], ...]
    stream: str
    metadata: str
    parsed: str


def with_maps(source: str, maps: LabelMaps, bindings: Bindings) -> str:
    """A SELECT of the source, which has `stream_labels`, with every column of the maps."""

    def step(name: str, sql: str) -> Callable[[str], str]:
        return lambda inner: f"SELECT *, {sql} AS {name} FROM {inner}"

    return stacked((step(name, sql) for name, sql in maps.steps), source, bindings)


class _Steps:
    """Gives every intermediate map a column."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str]] = []

    def keep(self, sql: str) -> str:
        name = f"lm{len(self.steps)}"
        self.steps.append((name, sql))
        return name


def label_maps(env: Environment) -> LabelMaps:
    """The maps of stream labels, metadata and parsed labels after the whole pipeline."""
    steps = _Steps()
    maps = (STREAM_LABELS, steps.keep(_metadata(env)), NO_LABELS)
    for change in env.changes:
        maps = _apply(maps, change, env.bindings, steps)
    stream, metadata, parsed = maps
    if env.error.columns:
        # A key that `--keep-empty` kept is empty on purpose; an error that is empty is none.
        errors = f"map('{ERROR}', {env.error}, '{ERROR_DETAILS}', {env.details})"
        parsed = steps.keep(f"mapUpdate({parsed}, mapFilter((k, v) -> v != '', {errors}))")
    return LabelMaps(tuple(steps.steps), stream, metadata, parsed)


def map_columns(env: Environment) -> frozenset[str]:
    """The columns of the rows that the maps read, without the joined stream labels."""
    columns = set(env.error.columns | env.details.columns | {"stream"})
    columns |= {"trace_id", "span_id", "severity_text", "severity_number", "attributes"}
    columns |= {"level"} if env.detected_level else set()
    for change in env.changes:
        columns |= _change_columns(change)
    return frozenset(columns)


def _change_columns(change: Change) -> frozenset[str]:
    if isinstance(change, Parsed):
        return change.layer.labels().columns
    parts: list[Expr] = list(change.values.values()) if isinstance(change, Assigned) else []
    return frozenset().union(*(part.columns for part in parts))


def _metadata(env: Environment) -> str:
    """Columns and attributes as one map of label names; a stream's label hides metadata."""
    own = {
        "trace_id": "trace_id",
        "span_id": "span_id",
        "severity_text": "toString(severity_text)",
        "severity_number": "if(severity_number = 0, '', toString(severity_number))",
    }
    if env.detected_level:
        own["detected_level"] = "toString(level)"
    columns = ", ".join(f"'{name}', {sql}" for name, sql in own.items())
    # Names are unique but for keys that are written alike; the first one stays.
    named = (
        f"arrayMap(k -> if(match(k, '^[0-9]'), concat('_', k), k), "
        f"arrayMap(k -> {_NAMED}, mapKeys(attributes)))"
    )
    attributes = f"mapFromArrays({named}, mapValues(attributes))"
    merged = f"mapUpdate({attributes}, mapFilter((k, v) -> v != '', map({columns})))"
    hidden = f"if(mapContains({STREAM_LABELS}, k), concat(k, '{EXTRACTED}'), k)"
    return f"mapFilter((k, v) -> v != '', mapApply((k, v) -> ({hidden}, v), {merged}))"


Maps = tuple[str, str, str]


def _apply(maps: Maps, change: Change, bindings: Bindings, steps: _Steps) -> Maps:
    stream, metadata, parsed = maps
    if isinstance(change, Parsed):
        taken = f"mapContains({stream}, k) OR mapContains({metadata}, k)"
        renamed = f"(if({taken}, concat(k, '{EXTRACTED}'), k), v)"
        found = f"mapApply((k, v) -> {renamed}, {change.layer.labels()})"
        return stream, metadata, steps.keep(f"mapUpdate({found}, {parsed})")
    if isinstance(change, Assigned):
        names = bindings.texts(change.values)
        entries = ", ".join(f"{bindings.text(name)}, {value}" for name, value in change.values.items())
        rest = [steps.keep(f"mapFilter((k, v) -> NOT has({names}, k), {one})") for one in (stream, metadata)]
        update = f"mapUpdate({parsed}, CAST(map({entries}), 'Map(String, String)'))"
        kept = f"mapFilter((k, v) -> v != '' OR NOT has({names}, k), {update})"
        return rest[0], rest[1], steps.keep(kept)
    return _filter(maps, change, bindings, steps)


def _filter(maps: Maps, change: Filtered, bindings: Bindings, steps: _Steps) -> Maps:
    named = []
    for label in change.labels:
        if isinstance(label, str):
            named.append(f"k = {bindings.text(label)}")
        else:
            hit = match_condition("v", label.op, label.value, bindings)
            named.append(f"(k = {bindings.text(label.name)} AND {hit})")
    if change.keep:
        named += [f"k = '{name}'" for name in ERROR_LABELS]
    condition = " OR ".join(named)
    test = f"({condition})" if change.keep else f"NOT ({condition})"
    stream, metadata, parsed = (steps.keep(f"mapFilter((k, v) -> {test}, {one})") for one in maps)
    return stream, metadata, parsed
