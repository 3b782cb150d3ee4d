"""`flatten`: fields that hold a JSON object become a field for each of its members, under joined names."""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import expr
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import MAP, Rows
from prologue.parse.stages.json_object import member_text
from prologue.parse.stages.kind import StageKind

_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Flatten:
    """`fields` to open; empty: every one that holds an object."""

    fields: tuple[str, ...]
    separator: str


def read(options: Options) -> Flatten:
    return Flatten(options.texts("fields", ()), options.text("separator", "."))


def lower(node: Flatten, rows: Rows) -> None:
    entries = rows.attributes()
    joint = rows.bindings.text(node.separator)
    chosen = f"k IN {rows.bindings.texts(node.fields)} AND " if node.fields else ""
    opens = f"{chosen}startsWith(v, '{{') AND JSONType(v) = 'Object'"
    members = f"arrayMap(c -> (concat(k, {joint}, c.1), c.2), JSONExtractKeysAndValuesRaw(v))"
    keys, values = f"mapKeys({entries})", f"mapValues({entries})"
    pairs = f"arrayFlatten(arrayMap((k, v) -> if({opens}, {members}, []), {keys}, {values}))"
    for _ in range(_DEPTH - 1):
        inner = f"arrayMap(c -> (concat(p.1, {joint}, c.1), c.2), JSONExtractKeysAndValuesRaw(p.2))"
        pairs = (
            f"arrayFlatten(arrayMap(p -> if(startsWith(p.2, '{{') AND p.2 != '{{}}', {inner}, [p]), {pairs}))"
        )
    has = f"arrayExists((k, v) -> {opens}, mapKeys({entries}), mapValues({entries}))"
    has = has if rows.guard is None else f"{rows.guard} AND {has}"
    guard = [rows.guard] if rows.guard is not None else []
    any_opens = rows.compute(expr(f"toBool({has})", entries, *guard))
    texts = f"arrayFilter(p -> p.2 != '', arrayMap(p -> (p.1, {member_text('p.2')}), {pairs}))"
    opened = f"mapUpdate(mapFilter((k, v) -> NOT ({opens}), {entries}), CAST({texts}, '{MAP}'))"
    rows.replace_attributes(rows.compute(expr(f"if({any_opens}, {opened}, {entries})", any_opens, entries)))


STAGE = StageKind(read, lower, main="fields")
