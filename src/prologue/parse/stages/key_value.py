"""`logfmt` and `kv`: pairs of a key and a value become attributes.

`logfmt` is `kv` with `=` between key and value, blanks between pairs and `"` for quotes, escapes in them
understood. A line without a single pair fails; with `strict`, a logfmt line with anything but pairs does.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import Expr, expr
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import MAP, Rows
from prologue.parse.stages.kind import StageKind

_BLANKS = " \t\r\n"
_WORD = r'[^\s="]+(?:=(?:"(?:[^"\\]|\\.)*"|[^\s"=]*))?'
_STRICT = rf"^\s*(?:{_WORD}(?:\s+|$))*$"
_MOST_DELIMITERS = 8


@dataclass(frozen=True, slots=True)
class KeyValue:
    """`between` a key and its value; `pairs` holds every character that ends a pair."""

    source: str
    prefix: str
    between: str = "="
    pairs: str = _BLANKS
    quote: str = '"'
    strict: bool = False
    logfmt: bool = True


def read_logfmt(options: Options) -> KeyValue:
    return KeyValue(options.text("source", "body"), options.text("prefix", ""), strict=options.flag("strict"))


def read_kv(options: Options) -> KeyValue:
    node = KeyValue(
        options.text("source", "body"),
        options.text("prefix", ""),
        options.text("between", "="),
        options.text("pairs", " "),
        options.text("quote", '"'),
        logfmt=False,
    )
    for name, text, most in (
        ("between", node.between, 1),
        ("quote", node.quote, 1),
        ("pairs", node.pairs, 8),
    ):
        if not 1 <= len(text) <= most or not text.isascii():
            what = "one ASCII character" if most == 1 else f"1 to {_MOST_DELIMITERS} ASCII characters"
            options.refuse(name, f"{name} is {text!r}", f"write {what}")
    if len({node.between, node.quote, *node.pairs}) < len(node.pairs) + 2:
        options.refuse("", "between, pairs and quote share a character", "use different ones")
    return node


def lower(node: KeyValue, rows: Rows) -> None:
    text = rows.source(node.source)
    entries = rows.compute(_entries(node, text, rows))
    rows.fail(*_failure(node, text, entries, rows))
    if node.prefix:
        prefix = rows.bindings.text(node.prefix)
        entries = rows.compute(expr(f"mapApply((k, v) -> (concat({prefix}, k), v), {entries})", entries))
    kept = expr(
        f"if(has(mapValues({entries}), '') OR mapContains({entries}, ''), "
        f"mapFilter((k, v) -> k != '' AND v != '', {entries}), {entries})",
        entries,
    )
    rows.found_map(rows.compute(kept))


def _entries(node: KeyValue, text: Expr, rows: Rows) -> Expr:
    function = "extractKeyValuePairsWithEscaping" if node.logfmt else "extractKeyValuePairs"
    bound = [rows.bindings.text(part) for part in (node.between, node.pairs, node.quote)]
    return expr(f"CAST({function}({text}, {', '.join(bound)}), '{MAP}')", text)


def _failure(node: KeyValue, text: Expr, entries: Expr, rows: Rows) -> tuple[Expr, str, str]:
    if not node.logfmt:
        return expr(f"empty({entries})", entries), "KeyValueParserErr", "the text has no key and value"
    if node.strict:
        bad = f"empty({entries}) OR NOT match({text}, {rows.bindings.text(_STRICT)})"
        return expr(bad, entries, text), "LogfmtParserErr", "the text is not a well-formed logfmt line"
    return expr(f"empty({entries})", entries), "LogfmtParserErr", "the text has no key=value"


LOGFMT = StageKind(read_logfmt, lower, main="source")
KV = StageKind(read_kv, lower)
