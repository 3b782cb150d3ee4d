"""`| logfmt` in the engine: key=value pairs to labels.

The engine's own key-value parser is fast and right for well-formed lines. It is lenient where LogQL is
not (`a=b=c`, quotes inside a word), so a line that might be malformed, where the number of `=` is not
the number of pairs or a quote stands in a word, is read by a regular expression instead, which takes
only pairs that end at a blank. `--strict` stops at the first malformed pair with `LogfmtParserErr`.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import Bindings, Expr, expr
from prologue.query.lower.metadata import attribute_pattern

LOGFMT_ERROR = "'LogfmtParserErr'"
_KEY = r'[^\s="]+'
_VALUE = r'"(?:[^"\\]|\\.)*"|[^\s"=]*'
_PAIR = rf"(?:^|\s)({_KEY})=({_VALUE})(\S*)"
_BARE = rf"(?:^|\s)({_KEY})(?:\s|$)"
_WORD = rf"{_KEY}(?:=(?:{_VALUE}))?"
_GOOD_LINE = rf"^\s*(?:{_WORD}(?:\s+|$))*$"
_GOOD_START = rf"^(?:\s*{_WORD}(?:\s+|$))*"
_ODD_QUOTE = r'[^=\s\\]"[^\s]'
_BLANKS = " \\t\\r\\n"


@dataclass(frozen=True, slots=True)
class LogfmtLayer:
    """`pairs` are (key, value) in order; `map` holds them under their label names."""

    pairs: Expr
    map: Expr

    def value(self, name: str, bindings: Bindings) -> Expr:
        if "_" in name:
            same = f"match(p.1, {bindings.text(attribute_pattern(name))})"
        else:
            same = f"p.1 = {bindings.text(name)}"
        return expr(f"arrayFirst(p -> {same} AND p.2 != '', {self.pairs}).2", self.pairs)

    def labels(self) -> Expr:
        return self.map


def fast_pairs(line: Expr) -> Expr:
    """The engine's reading, as an array of (key, value)."""
    parsed = f"extractKeyValuePairsWithEscaping({line}, '=', '{_BLANKS}', '\"')"
    return expr(f"CAST({parsed}, 'Array(Tuple(String, String))')", line)


def careful_pairs(line: Expr, fast: Expr, bindings: Bindings) -> Expr:
    """The pairs that LogQL sees: the fast reading where it can be trusted."""
    doubtful = f"countSubstrings({line}, '=') != length({fast}) OR match({line}, {bindings.text(_ODD_QUOTE)})"
    groups = f"extractAllGroupsVertical({line}, {bindings.text(_PAIR)})"
    value = "if(startsWith(g[2], '\"'), JSONExtractString(g[2]), g[2])"
    slow = f"arrayMap(g -> (g[1], {value}), arrayFilter(g -> g[3] = '', {groups}))"
    return expr(f"if({doubtful}, CAST({slow}, 'Array(Tuple(String, String))'), {fast})", line, fast)


def bare_keys(line: Expr, bindings: Bindings) -> Expr:
    """Keys without a value, as (key, ''): what `--keep-empty` keeps."""
    found = f"extractAll(concat({line}, ' '), {bindings.text(_BARE)})"
    return expr(f"arrayMap(k -> (k, ''), {found})", line)


def named_pairs(pairs: Expr, *, keep_empty: bool) -> Expr:
    """Pairs under their label names."""
    name = (
        "arrayMap(n -> if(match(n, '^[0-9]'), concat('_', n), n), "
        "[replaceRegexpAll(p.1, '[^a-zA-Z0-9_]', '_')])[1]"
    )
    kept = "p.1 != ''" if keep_empty else "p.1 != '' AND p.2 != ''"
    return expr(f"arrayFilter(p -> {kept}, arrayMap(p -> ({name}, p.2), {pairs}))", pairs)


def is_good(line: Expr, bindings: Bindings) -> Expr:
    """Whether every pair of the line is well-formed."""
    return expr(f"match({line}, {bindings.text(_GOOD_LINE)})", line)


def good_start(line: Expr, bindings: Bindings) -> Expr:
    """The line up to its first malformed pair."""
    return expr(f"extract({line}, {bindings.text(f'({_GOOD_START})')})", line)
