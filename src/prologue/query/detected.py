"""What can be asked about: labels worth a picker, and the fields inside lines with their types.

Fields come from a bounded sample, the newest lines of a query. Each line is read by the engine as JSON
if it is an object, else as logfmt, just as `| json` and `| logfmt` would; structured metadata counts
too. A stream's own labels are not fields: a parsed field of the same name shows as `<name>_extracted`.

Source: Loki's `detected_fields` and `detected_labels` as its Drilldown app uses them; a type is the
first of int, float, boolean, duration, bytes that every sampled value has, else string.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prologue.logql.lower import conversions
from prologue.logql.lower.sql import Bindings, Expr, Statement
from prologue.model.errors import QueryError
from prologue.query.compile import compile_query
from prologue.query.failures import query_errors
from prologue.query.lower import json_layer, logfmt_layer
from prologue.query.lower.environment import ERROR_LABELS, EXTRACTED
from prologue.query.lower.label_maps import label_maps
from prologue.query.lower.lines import scan_of, shown_rows
from prologue.query.lower.rows import joined_labels
from prologue.query.lower.scan import Scan
from prologue.query.plan.nodes import Lines
from prologue.query.request import Request
from prologue.query.run import QueryEngine
from prologue.query.streams import scope_condition, selector_condition

ALWAYS_SHOWN = ("cluster", "namespace", "instance", "pod")
"""Labels that are offered even where all their values are ids, as in Loki."""
_BOOLEANS = ("t", "T", "TRUE", "true", "True", "f", "F", "FALSE", "false", "False")
_INTEGER = r"^[-+]?[0-9]{1,18}$"
_ID = (
    r"(?i)^(?:[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?"
    r"|(?:urn:uuid:)?\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?|[0-9a-f]{32})$"
)
# (label, value, parser, path): what one line says about one field.
_FIELD = "Array(Tuple(String, String, String, Array(String)))"


@dataclass(frozen=True, slots=True)
class Field:
    """A field and how many distinct values the sample has of it.

    `parsers` name what finds it in a line; empty for structured metadata. `path` leads to it in JSON.
    """

    label: str
    type: str
    cardinality: int
    parsers: tuple[str, ...]
    path: tuple[str, ...]


class Detector:
    """Lookups into lines over one query engine."""

    def __init__(self, engine: QueryEngine) -> None:
        self._engine = engine

    def labels(self, scan: Scan) -> list[tuple[str, int]]:
        """Label names of the matching streams and their numbers of values, without mere ids."""
        bindings = Bindings()
        where = f"{scope_condition(scan.scope, bindings)} AND {selector_condition(scan.matchers, bindings)}"
        pairs = "arrayJoin(CAST(labels, 'Array(Tuple(String, String))'))"
        only_ids = f"countIf(NOT match(value, {bindings.text(_ID)})) = 0"
        flags = "countIf(value NOT IN ('0', '1')) = 0"
        sql = (
            "SELECT name, uniqExact(value) AS cardinality FROM ("
            f"SELECT {pairs} AS pair, pair.1 AS name, pair.2 AS value FROM streams WHERE {where}) "
            f"GROUP BY name HAVING has({bindings.texts(ALWAYS_SHOWN)}, name) OR {flags} OR NOT {only_ids} "
            "ORDER BY name"
        )
        rows = self._engine.run(Statement(sql, bindings.values)).to_pylist()
        return [(row["name"], row["cardinality"]) for row in rows]

    def fields(self, text: str, request: Request, limit: int) -> list[Field]:
        """The fields of the newest `request.limit` lines of a log query, at most `limit`, by name.

        Of more the most frequent stay.
        """
        bindings = Bindings()
        said = self._said(text, request, bindings)
        sql = (
            f"SELECT label, {_type_of('value', bindings)} AS type, uniqExact(value) AS cardinality, "
            "arraySort(groupUniqArrayIf(parser, parser != '')) AS parsers, "
            "anyIf(path, notEmpty(path)) AS path "
            f"FROM ({said}) GROUP BY label ORDER BY count() DESC, label LIMIT {bindings.integer(limit)}"
        )
        with query_errors():
            rows = self._engine.run(Statement(sql, bindings.values)).to_pylist()
        fields = (
            Field(row["label"], row["type"], row["cardinality"], tuple(row["parsers"]), tuple(row["path"]))
            for row in rows
        )
        return sorted(fields, key=lambda field: field.label)

    def values(self, text: str, request: Request, name: str, limit: int) -> list[str]:
        """Values that one field has in the newest `request.limit` lines of a log query, in order."""
        bindings = Bindings()
        said = self._said(text, request, bindings)
        sql = (
            f"SELECT DISTINCT toValidUTF8(value) AS shown FROM ({said}) WHERE label = {bindings.text(name)} "
            f"ORDER BY shown LIMIT {bindings.integer(limit)}"
        )
        with query_errors():
            return [
                str(value) for value in self._engine.run(Statement(sql, bindings.values))["shown"].to_pylist()
            ]

    def _said(self, text: str, request: Request, bindings: Bindings) -> str:
        """A SELECT of `label`, `value`, `parser` and `path`: a row for each field of each sampled line."""
        self._engine.check_entries(request.limit)
        plan = compile_query(text, request).plan
        if not isinstance(plan, Lines):
            raise QueryError(
                "fields are looked for in lines, and a metric query has none",
                cure="ask with the log query inside the aggregation",
            )
        facts = self._engine.facts(scan_of(plan, request))
        rows = shown_rows(plan, request, facts, bindings)
        maps = label_maps(rows.env)
        source = joined_labels(f"(SELECT *, {rows.line} AS said FROM ({rows.sql}))", rows)
        for name, sql in maps.steps:
            source = f"(SELECT *, {sql} AS {name} FROM {source})"
        for name, sql in _parsed(bindings):
            source = f"(SELECT *, {sql} AS {name} FROM {source})"
        known = (_pairs(maps.metadata), _pairs(maps.parsed))
        found = f"arrayJoin(arrayConcat({', '.join(known)}, in_line))"
        label = f"if(mapContains({maps.stream}, field.1), concat(field.1, '{EXTRACTED}'), field.1)"
        hidden = bindings.texts((*ERROR_LABELS, "__preserve_error__"))
        return (
            f"SELECT {label} AS label, field.2 AS value, field.3 AS parser, field.4 AS path "
            f"FROM (SELECT *, {found} AS field FROM {source}) WHERE NOT has({hidden}, field.1)"
        )


def _pairs(labels: str) -> str:
    """A label map as fields that no parser of ours has found."""
    empty = "CAST([], 'Array(String)')"
    pairs = f"arrayMap((k, v) -> (k, v, '', {empty}), mapKeys({labels}), mapValues({labels}))"
    return f"CAST({pairs}, '{_FIELD}')"


def _parsed(bindings: Bindings) -> Sequence[tuple[str, str]]:
    """Columns to compute over `said`, each over those before: `in_line` are the fields in the line."""
    line = Expr("said", frozenset({"said"}))
    fast = logfmt_layer.fast_pairs(line)
    careful = logfmt_layer.careful_pairs(line, Expr("fast"), bindings)
    named = logfmt_layer.named_pairs(Expr("careful"), keep_empty=False)
    logfmt = f"arrayMap(p -> (p.1, p.2, 'logfmt', CAST([], 'Array(String)')), {named})"
    one = Expr("[(arrayStringConcat(leaf.1, '_'), leaf.2, leaf.1[-1])]")
    texts = json_layer.named_texts(line, one, bindings)
    json = f"arrayFlatten(arrayMap(leaf -> arrayMap(t -> (t.1, t.2, 'json', leaf.1), {texts}), leaves))"
    nothing = f"CAST([], '{_FIELD}')"
    return (
        ("is_json", json_layer.is_object(line).sql),
        ("leaves", _leaves(line)),
        ("fast", f"if(is_json, CAST([], 'Array(Tuple(String, String))'), {fast})"),
        ("careful", careful.sql),
        (
            "in_line",
            f"if(is_json, CAST({json}, '{_FIELD}'), if(empty(careful), {nothing}, {_as_fields(logfmt)}))",
        ),
    )


def _as_fields(fields: str) -> str:
    return f"CAST({fields}, '{_FIELD}')"


def _leaves(line: Expr) -> str:
    """Every property that is no object, as (path, raw JSON)."""
    top = f"arrayMap(p -> ([p.1], p.2), JSONExtractKeysAndValuesRaw({line}))"
    inner = "arrayMap(q -> (arrayPushBack(p.1, q.1), q.2), JSONExtractKeysAndValuesRaw(p.2))"
    opened = f"arrayFlatten(arrayMap(p -> if(startsWith(p.2, '{{'), {inner}, [p]), found))"
    rounds = f"range(least(greatest(countSubstrings({line}, '{{'), 1) - 1, {json_layer.MAX_NESTING}))"
    return f"arrayFold((found, i) -> {opened}, {rounds}, {top})"


def _type_of(value: str, bindings: Bindings) -> str:
    """The first type that every value of the group has."""
    text = Expr(value)
    tests = (
        ("int", f"match({value}, {bindings.text(_INTEGER)})"),
        ("float", f"isNotNull({conversions.number(text, bindings)})"),
        ("boolean", f"has({bindings.texts(_BOOLEANS)}, {value})"),
        ("duration", f"isNotNull({conversions.duration(text, bindings)})"),
        ("bytes", f"isNotNull({conversions.size(text, bindings)})"),
    )
    cases = ", ".join(f"countIf({test}) = count(), '{name}'" for name, test in tests)
    return f"multiIf({cases}, 'string')"
