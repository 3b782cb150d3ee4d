"""Parser stages: rows get the labels found in their lines."""

from __future__ import annotations

from dataclasses import replace

from prologue.logql.line_pattern import Capture, Literal
from prologue.logql.log_nodes import (
    JsonParser,
    LogfmtParser,
    PatternParser,
    RegexpParser,
    UnpackParser,
)
from prologue.logql.lower.sql import EMPTY, Expr, expr
from prologue.query.lower import json_layer, logfmt_layer
from prologue.query.lower.environment import Layer, Parsed
from prologue.query.lower.errors import with_error
from prologue.query.lower.extracted_layer import ExtractedLayer
from prologue.query.lower.rows import Rows

NOT_JSON = "'the line is not a JSON object'"
NOT_LOGFMT = "'the line is not a well-formed logfmt line'"


def parse_json(rows: Rows, stage: JsonParser) -> Rows:
    """`| json`, whole or with extractions."""
    bindings = rows.env.bindings
    line = rows.line
    rows = with_error(rows, expr(f"NOT {json_layer.is_object(line)}", line), json_layer.JSON_ERROR, NOT_JSON)
    if stage.extractions:
        values = {}
        for one in stage.extractions:
            rows, values[one.name] = rows.compute(json_layer.path_value(line, one.path, bindings))
        return with_layer(rows, ExtractedLayer(values, bindings))
    rows, flattened = _flatten(rows, line)
    return with_layer(rows, json_layer.JsonLayer(line, flattened))


def _flatten(rows: Rows, line: Expr) -> tuple[Rows, Expr]:
    rows, found = rows.compute(json_layer.leaves(line))
    rows, pairs = rows.compute(json_layer.named_texts(line, found, rows.env.bindings))
    return rows.compute(json_layer.first_of_each(pairs))


def parse_logfmt(rows: Rows, stage: LogfmtParser) -> Rows:
    """`| logfmt`, whole or with extractions."""
    bindings = rows.env.bindings
    line = rows.line
    if stage.strict:
        bad = expr(f"NOT {logfmt_layer.is_good(line, bindings)}", line)
        rows = with_error(rows, bad, logfmt_layer.LOGFMT_ERROR, NOT_LOGFMT)
        rows, line = rows.compute(logfmt_layer.good_start(line, bindings))
    rows, fast = rows.compute(logfmt_layer.fast_pairs(line))
    rows, pairs = rows.compute(logfmt_layer.careful_pairs(line, fast, bindings))
    if stage.keep_empty:
        rows, pairs = rows.compute(
            expr(f"arrayConcat({pairs}, {logfmt_layer.bare_keys(line, bindings)})", pairs, line)
        )
    rows, named = rows.compute(logfmt_layer.named_pairs(pairs, keep_empty=stage.keep_empty))
    rows, found = rows.compute(json_layer.first_of_each(named))
    if not stage.extractions:
        return with_layer(rows, logfmt_layer.LogfmtLayer(pairs, found))
    rows, raw = rows.compute(json_layer.first_of_each(pairs))
    values = {one.name: expr(f"{raw}[{bindings.text(one.key)}]", raw) for one in stage.extractions}
    return with_layer(rows, ExtractedLayer(values, bindings))


def parse_regexp(rows: Rows, stage: RegexpParser) -> Rows:
    """`| regexp`: named groups of the first match."""
    bindings = rows.env.bindings
    line = rows.line
    rows, groups = rows.compute(
        expr(f"extractGroups({line}, {bindings.text(f'(?-s:{stage.pattern})')})", line)
    )
    values = {
        name: expr(f"{groups}[{number}]", groups)
        for name, number in zip(stage.names, stage.groups, strict=True)
    }
    return with_layer(rows, ExtractedLayer(values, bindings))


def parse_pattern(rows: Rows, stage: PatternParser) -> Rows:
    """`| pattern`: each capture up to the next literal; the rest of the line where that is missing."""
    bindings = rows.env.bindings
    line = rows.line
    parts = stage.pattern.parts
    values: dict[str, Expr] = {}
    rest = line
    if isinstance(parts[0], Literal):
        literal = bindings.text(parts[0].text)
        cut = f"if(startsWith({line}, {literal}), substring({line}, length({literal}) + 1), '')"
        rows, rest = rows.compute(expr(cut, line))
    for index, part in enumerate(parts):
        if isinstance(part, Capture):
            following = parts[index + 1] if index + 1 < len(parts) else None
            end = bindings.text(following.text) if isinstance(following, Literal) else None
            rows, values, rest = _capture(rows, part, end, rest, values)
    return with_layer(rows, ExtractedLayer(values, bindings))


def _capture(
    rows: Rows, part: Capture, end: str | None, rest: Expr, values: dict[str, Expr]
) -> tuple[Rows, dict[str, Expr], Expr]:
    """One capture of what is left of the line, and what is left after it (nothing where it ends)."""
    if end is None:
        return rows, {**values, part.name: rest} if part.named else values, EMPTY
    rows, at = rows.compute(expr(f"position({rest}, {end})", rest))
    if part.named:
        taken = f"if({at} = 0, {rest}, substring({rest}, 1, {at} - 1))"
        rows, value = rows.compute(expr(taken, rest, at))
        values = {**values, part.name: value}
    left = f"if({at} = 0, '', substring({rest}, {at} + length({end})))"
    rows, after = rows.compute(expr(left, rest, at))
    return rows, values, after


def parse_unpack(rows: Rows, stage: UnpackParser) -> Rows:
    """`| unpack`: the string properties of a JSON object; `_entry` becomes the line."""
    del stage  # it has no settings
    line = rows.line
    rows = with_error(rows, expr(f"NOT {json_layer.is_object(line)}", line), json_layer.JSON_ERROR, NOT_JSON)
    strings = (
        "arrayMap(p -> (p.1, JSONExtractString(p.2)), arrayFilter(p -> startsWith(p.2, '\"') "
        f"AND p.1 != '_entry', JSONExtractKeysAndValuesRaw({line})))"
    )
    rows, pairs = rows.compute(expr(strings, line))
    rows, named = rows.compute(logfmt_layer.named_pairs(pairs, keep_empty=False))
    rows, found = rows.compute(json_layer.first_of_each(named))
    packed = f"JSONExtractString({line}, '_entry')"
    rows, entry = rows.compute(expr(f"if(JSONHas({line}, '_entry'), {packed}, {line})", line))
    return replace(with_layer(rows, logfmt_layer.LogfmtLayer(pairs, found)), line=entry)


def with_layer(rows: Rows, layer: Layer) -> Rows:
    return replace(rows, env=rows.env.after(Parsed(layer)))
