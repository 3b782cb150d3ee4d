"""`csv`: the fields of one row of separated values (RFC 4180), by their place."""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.line_filters import quote_regex
from prologue.logql.lower.sql import expr
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.kind import StageKind


@dataclass(frozen=True, slots=True)
class CsvRow:
    """`columns` are names by place, '' for one that is skipped."""

    source: str
    columns: tuple[str, ...]
    separator: str
    quote: str
    trim: bool


def read(options: Options) -> CsvRow:
    columns = tuple("" if name == "_" else name for name in options.texts("columns"))
    if not any(columns):
        options.refuse("columns", "every column is skipped", "name at least one")
    separator, quote = options.text("separator", ","), options.text("quote", '"')
    for name, text in (("separator", separator), ("quote", quote)):
        if len(text) != 1 or not text.isascii():
            options.refuse(name, f"{name} is {text!r}", 'write one ASCII character; a tab as "\\t"')
    if separator == quote:
        options.refuse("quote", "quote and separator are the same", "use different characters")
    return CsvRow(options.text("source", "body"), columns, separator, quote, options.flag("trim"))


def lower(node: CsvRow, rows: Rows) -> None:
    text = rows.source(node.source)
    bound = rows.bindings.text
    quote, separator = quote_regex(node.quote), quote_regex(node.separator)
    # Each field with the separator before it, the line having got one at its start.
    field = f"{separator}(?:{quote}((?:[^{quote}]|{quote}{quote})*){quote}|([^{separator}]*))"
    unquoted = f"if(g[1] != '', replaceAll(g[1], {bound(node.quote * 2)}, {bound(node.quote)}), g[2])"
    groups = f"extractAllGroupsVertical(concat({bound(node.separator)}, {text}), {bound(f'(?s:{field})')})"
    quoted = f"arrayMap(g -> {unquoted}, {groups})"
    plain = f"splitByChar({bound(node.separator)}, {text})"
    values = rows.compute(expr(f"if(position({text}, {bound(node.quote)}) = 0, {plain}, {quoted})", text))
    failed = expr(f"{text} = '' OR length({values}) != {len(node.columns)}", text, values)
    failed = rows.compute(failed)
    rows.fail(failed, "CsvParserErr", f"the text has not {len(node.columns)} columns")
    for place, name in enumerate(node.columns, 1):
        if name:
            value = f"trimBoth({values}[{place}])" if node.trim else f"{values}[{place}]"
            rows.found(name, rows.compute(expr(f"if({failed}, '', {value})", failed, values)))


STAGE = StageKind(read, lower, main="columns")
