"""`json`: a JSON object's members become attributes, those of nested objects under joined names.

Arrays stay JSON text, nulls and empty texts are no attributes. Nested deeper than eight levels stays JSON
text. The engine takes the whole object apart in one pass; only lines that have a nested object pay for
flattening (docs/decisions/0003-json-lines-as-a-map.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.json_path import JsonPath, parse_json_path
from prologue.logql.lower.sql import Expr, expr
from prologue.logql.problems import TextProblem
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import MAP, Rows
from prologue.parse.stages.kind import StageKind

KIND = "JSONParserErr"
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class JsonObject:
    """`fields` are single values by path, by name; empty: everything."""

    source: str
    prefix: str
    separator: str
    fields: tuple[tuple[str, JsonPath], ...]


def read(options: Options) -> JsonObject:
    fields = []
    for name, path in options.mapping("fields", {}).items():
        try:
            fields.append((name, parse_json_path(path)))
        except TextProblem as problem:
            options.refuse("fields", f"{name}: {problem.message}", problem.cure)
    return JsonObject(
        options.text("source", "body"),
        options.text("prefix", ""),
        options.text("separator", "."),
        tuple(fields),
    )


def lower(node: JsonObject, rows: Rows) -> None:
    text = rows.source(node.source)
    flat = rows.compute(expr(f"JSONExtract({text}, '{MAP}')", text))
    is_object = f"notEmpty({flat}) OR (isValidJSON({text}) AND JSONType({text}) = 'Object')"
    rows.fail(expr(f"NOT ({is_object})", flat, text), KIND, "the text is not a JSON object")
    if node.fields:
        for name, path in node.fields:
            rows.found(node.prefix + name, _at(text, path, rows))
        return
    rows.found_map(rows.compute(flattened(text, flat, node.prefix, node.separator, rows)))


def flattened(text: Expr, flat: Expr, prefix: str, separator: str, rows: Rows) -> Expr:
    """The map of an object's members: `flat`, unless one of them is an object itself."""
    nested = f"arrayExists(v -> startsWith(v, '{{'), mapValues({flat}))"
    opened = rows.compute(expr(f"if({nested}, {_opened(text, separator, rows)}, {flat})", text, flat))
    if prefix:
        bound = rows.bindings.text(prefix)
        opened = rows.compute(expr(f"mapApply((k, v) -> (concat({bound}, k), v), {opened})", opened))
    return expr(f"if(has(mapValues({opened}), ''), mapFilter((k, v) -> v != '', {opened}), {opened})", opened)


def _opened(text: Expr, separator: str, rows: Rows) -> str:
    """Pairs of path and raw JSON, level by level; then texts lose their quotes."""
    joint = rows.bindings.text(separator)
    pairs = f"JSONExtractKeysAndValuesRaw({text})"
    for _ in range(_DEPTH - 1):
        inner = f"arrayMap(c -> (concat(p.1, {joint}, c.1), c.2), JSONExtractKeysAndValuesRaw(p.2))"
        pairs = (
            f"arrayFlatten(arrayMap(p -> if(startsWith(p.2, '{{') AND p.2 != '{{}}', {inner}, [p]), {pairs}))"
        )
    return f"CAST(arrayMap(p -> (p.1, {member_text('p.2')}), {pairs}), '{MAP}')"


def member_text(raw: str) -> str:
    """A member's value as text, given its JSON: texts without quotes, null as nothing."""
    return f"multiIf(startsWith({raw}, '\"'), JSONExtractString({raw}), {raw} = 'null', '', {raw})"


def _at(text: Expr, path: JsonPath, rows: Rows) -> Expr:
    # The engine counts an array's elements from 1.
    steps = ", ".join(
        rows.bindings.text(step) if isinstance(step, str) else rows.bindings.integer(step + 1)
        for step in path.steps
    )
    raw = rows.compute(expr(f"JSONExtractRaw({text}, {steps})", text))
    return expr(member_text(raw.sql), raw)


STAGE = StageKind(read, lower, main="source")
