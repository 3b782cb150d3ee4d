"""`| json` in the engine: objects flattened to label names, or single properties by path.

Whole documents: nested keys are joined with `_`, names sanitised, arrays and nulls skipped, the first
of equal names kept. Objects nested deeper than `MAX_NESTING` are skipped, like arrays.

Numbers keep the text they were written in: the engine's JSON parser would print 1.50 as 1.5, so a
number's text is looked up in the line and used where it means the same number.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from prologue.logql.json_path import JsonPath
from prologue.logql.lower.sql import Bindings, Expr, expr
from prologue.query.lower.environment import first_of

MAX_NESTING = 64
MAX_WORDS = 3
JSON_ERROR = "'JSONParserErr'"
_WRITTEN_NUMBER = r'^"(?:[^"\\]|\\.)*"\s*:\s*(-?[0-9][-+0-9.eE]*)'


@dataclass(frozen=True, slots=True)
class JsonLayer:
    """`map` is the flattened document; `line` is what it was parsed from."""

    line: Expr
    map: Expr

    def value(self, name: str, bindings: Bindings) -> Expr:
        paths = _plain_paths(name)
        if not paths:
            return expr(f"{self.map}[{bindings.text(name)}]", self.map)
        quick = first_of(*(_leaf_value(self.line, path, bindings) for path in paths))
        if "_" not in name:
            return quick
        # Keys with other characters than letters and digits may be written as this name too. They
        # are rare: only a line in which such a key might stand is flattened.
        found = named_texts(self.line, leaves(self.line), bindings)
        slow = f"arrayFirst(p -> p.1 = {bindings.text(name)}, {found}).2"
        odd = f"match({self.line}, {bindings.text(_odd_key(name))})"
        return expr(f"if({odd}, {slow}, {quick})", quick, self.line)

    def labels(self) -> Expr:
        return self.map


def _plain_paths(name: str) -> tuple[tuple[str, ...], ...]:
    """The paths of plain keys that are joined to this name; none where they are too many to try."""
    words = name.split("_")
    if len(words) > MAX_WORDS or not all(words):
        return ()
    paths: list[tuple[str, ...]] = [(words[0],)]
    for word in words[1:]:
        paths = [p for path in paths for p in ((*path[:-1], f"{path[-1]}_{word}"), (*path, word))]
    return tuple(paths)


def _odd_key(name: str) -> str:
    """A regular expression for two words of the name with one character between them that is no `_`."""
    return "|".join(f"{first}[^a-zA-Z0-9_]{second}" for first, second in pairwise(name.split("_")))


def _leaf_value(line: Expr, path: tuple[str, ...], bindings: Bindings) -> Expr:
    """A property as a label value; objects, arrays and nulls are empty."""
    keys = ", ".join(map(bindings.text, path))
    text = _text_of(bindings.text(path[-1]), "r", line.sql, bindings)
    plain = "r = '' OR r = 'null' OR startsWith(r, '{') OR startsWith(r, '[')"
    return expr(f"arrayMap(r -> if({plain}, '', {text}), [JSONExtractRaw({line}, {keys})])[1]", line)


def path_value(line: Expr, path: JsonPath, bindings: Bindings) -> Expr:
    """What stands at the path: text unquoted, anything else as JSON; empty where there is nothing."""
    # The engine counts array elements from 1.
    steps = ", ".join(
        bindings.text(step) if isinstance(step, str) else bindings.integer(step + 1) for step in path.steps
    )
    last = path.steps[-1]
    key = bindings.text(last) if isinstance(last, str) else "''"
    text = f"if(r = 'null', '', {_text_of(key, 'r', line.sql, bindings)})"
    return expr(f"arrayMap(r -> {text}, [JSONExtractRaw({line}, {steps})])[1]", line)


def is_object(line: Expr) -> Expr:
    """Whether the line is a JSON object."""
    return expr(f"JSONType({line}) = 'Object'", line)


def leaves(line: Expr) -> Expr:
    """Every property that is no object, as (joined keys, raw JSON, own key), in order."""
    top = f"arrayMap(p -> (p.1, p.2, p.1), JSONExtractKeysAndValuesRaw({line}))"
    inner = "arrayMap(q -> (concat(p.1, '_', q.1), q.2, q.1), JSONExtractKeysAndValuesRaw(p.2))"
    opened = f"arrayFlatten(arrayMap(p -> if(startsWith(p.2, '{{'), {inner}, [p]), found))"
    # No document nests deeper than it has braces, so most lines take no round at all.
    rounds = f"range(least(greatest(countSubstrings({line}, '{{'), 1) - 1, {MAX_NESTING}))"
    return expr(f"arrayFold((found, i) -> {opened}, {rounds}, {top})", line)


def named_texts(line: Expr, found: Expr, bindings: Bindings) -> Expr:
    """The leaves as (label name, value), without arrays, nulls and empty values."""
    name = (
        "arrayMap(n -> if(match(n, '^[0-9]'), concat('_', n), n), "
        "[replaceRegexpAll(p.1, '[^a-zA-Z0-9_]', '_')])[1]"
    )
    kept = f"arrayFilter(p -> p.2 != 'null' AND NOT match(p.2, '^[[{{]'), {found})"
    texts = f"arrayMap(p -> ({name}, {_text_of('p.3', 'p.2', line.sql, bindings)}), {kept})"
    return expr(f"arrayFilter(p -> p.1 != '' AND p.2 != '', {texts})", line, found)


def first_of_each(pairs: Expr) -> Expr:
    """(name, value) pairs as a Map; the first of equal names stays."""
    counted = f"arrayEnumerateUniq(arrayMap(p -> p.1, {pairs}))"
    return expr(f"CAST(arrayFilter((p, i) -> i = 1, {pairs}, {counted}), 'Map(String, String)')", pairs)


def _text_of(key: str, raw: str, line: str, bindings: Bindings) -> str:
    """A raw JSON value as text: strings unquoted, numbers as they were written."""
    number = _written_number(key, raw, line, bindings)
    string = f"startsWith({raw}, '\"'), JSONExtractString({raw})"
    return f"multiIf({string}, match({raw}, '^[-0-9]'), {number}, {raw})"


def _written_number(key: str, raw: str, line: str, bindings: Bindings) -> str:
    rest = f"substring({line}, position({line}, concat('\"', {key}, '\"')))"
    written = f"extract({rest}, {bindings.text(_WRITTEN_NUMBER)})"
    same = f"toFloat64OrNull(w) = toFloat64OrNull({raw})"
    return f"arrayMap(w -> if(ifNull({same}, 0), w, {raw}), [{written}])[1]"
