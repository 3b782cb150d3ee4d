"""`pattern` and `dissect`: fields by the text that stands between them, without regular expressions.

Only positions are computed on the way, so a line is looked through once, whatever number of fields it has.
A line in which a delimiter is missing fails.

Sources: Loki's documentation, "Log queries", Pattern; Elastic's documentation of the dissect processor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prologue.logql.line_pattern import Literal, check_parser_pattern, parse_line_pattern
from prologue.logql.lower.line_filters import quote_regex
from prologue.logql.lower.sql import Expr, expr
from prologue.logql.problems import TextProblem
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import MAP, Rows
from prologue.parse.stages.kind import StageKind

_KEY = re.compile(r"%\{([+?&*]?)([^}/>-]*(?:-[^}/>-]+)*)(?:/([0-9]+))?(->)?\}")


@dataclass(frozen=True, slots=True)
class Part:
    """A field and the text behind it, which is empty for a last field that takes the rest.

    `name` is '' for what is skipped. `padded`: the text behind it may be repeated. `place` orders what is
    `appended` to one name. `role` is `*` for a name, `&` for its value, of a pair that the line names.
    """

    name: str
    after: str
    padded: bool = False
    appended: bool = False
    place: int = 0
    role: str = ""


@dataclass(frozen=True, slots=True)
class Delimited:
    """Text that must stand `before` the first part, and the parts."""

    source: str
    before: str
    parts: tuple[Part, ...]
    joiner: str
    kind: str


def read_pattern(options: Options) -> Delimited:
    text = options.text("pattern")
    try:
        pattern = parse_line_pattern(text)
        check_parser_pattern(pattern)
    except TextProblem as problem:
        options.refuse("pattern", f"at character {problem.offset + 1}: {problem.message}", problem.cure)
    pieces = pattern.parts
    before = pieces[0].text if isinstance(pieces[0], Literal) else ""
    parts = []
    for place, piece in enumerate(pieces):
        if not isinstance(piece, Literal):
            following = pieces[place + 1] if place + 1 < len(pieces) else None
            after = following.text if isinstance(following, Literal) else ""
            parts.append(Part(piece.name if piece.named else "", after))
    return Delimited(options.text("source", "body"), before, tuple(parts), "", "PatternParserErr")


def read_dissect(options: Options) -> Delimited:
    text = options.text("pattern")
    keys = list(_KEY.finditer(text))
    if not keys:
        options.refuse("pattern", "the pattern has no key", "write it like `%{time} %{level} %{text}`")
    stray = _KEY.sub("", text).find("%{")
    if stray >= 0:
        options.refuse("pattern", "`%{` opens a key that is none", "write a key as `%{name}`")
    parts = []
    for place, key in enumerate(keys):
        end = keys[place + 1].start() if place + 1 < len(keys) else len(text)
        after = text[key.end() : end]
        if not after and place + 1 < len(keys):
            options.refuse(
                "pattern", f"nothing stands behind {key.group()}", "put a delimiter between two keys"
            )
        role, name = key.group(1), key.group(2)
        skipped = role == "?" and not any(other.group(1) == "&" and other.group(2) == name for other in keys)
        parts.append(
            Part(
                "" if skipped else name,
                after,
                padded=key.group(4) is not None,
                appended=role == "+",
                place=int(key.group(3) or 0),
                role="*" if role == "?" and not skipped else role if role in ("*", "&") else "",
            )
        )
    _check_pairs(options, parts)
    source = options.text("source", "body")
    joiner = options.text("append_separator", "")
    return Delimited(source, text[: keys[0].start()], tuple(parts), joiner, "DissectParserErr")


def _check_pairs(options: Options, parts: list[Part]) -> None:
    names, values = ({part.name for part in parts if part.role == role} for role in ("*", "&"))
    if names != values:
        lone = next(iter(names ^ values))
        options.refuse("pattern", f"%{{*{lone}}} and %{{&{lone}}} need each other", "write both")
    plain = [part.name for part in parts if part.name and not part.appended and not part.role]
    twice = next((name for i, name in enumerate(plain) if name in plain[:i]), None)
    if twice:
        options.refuse("pattern", f"the key {twice} is there twice", f"append to it with %{{+{twice}}}")


def lower(node: Delimited, rows: Rows) -> None:
    text = rows.source(node.source)
    starts = [Expr(f"{len(node.before.encode('utf-8', 'surrogateescape')) + 1}")]
    ends: list[Expr] = []
    missing = []
    if node.before:
        missing.append(expr(f"NOT startsWith({text}, {rows.bindings.text(node.before)})", text))
    for part in node.parts:
        start = starts[-1]
        if not part.after:
            ends.append(expr(f"length({text}) + 1", text))
            continue
        after = rows.bindings.text(part.after)
        end = rows.compute(expr(f"position({text}, {after}, {start})", text, start))
        ends.append(end)
        missing.append(expr(f"{end} = 0", end))
        starts.append(rows.compute(_next(text, end, part, rows)))
    failed = rows.compute(expr(" OR ".join(f"({one})" for one in missing) or "false", *missing))
    rows.fail(failed, node.kind, "the text is not as the pattern says")
    values = []
    for part, start, end in zip(node.parts, starts, ends, strict=False):
        value = f"if({failed}, '', substring({text}, {start}, {end} - {start}))"
        values.append(rows.compute(expr(value, failed, text, start, end)) if part.name else Expr("''"))
    _set(node, values, rows)


def _next(text: Expr, end: Expr, part: Part, rows: Rows) -> Expr:
    """Where the next field starts."""
    behind = f"{end} + {len(part.after.encode('utf-8', 'surrogateescape'))}"
    if not part.padded:
        return expr(behind, end)
    repeated = rows.bindings.text(f"^(?:{quote_regex(part.after)})+")
    return expr(f"{end} + length(extract(substring({text}, {end}), {repeated}))", text, end)


def _set(node: Delimited, values: list[Expr], rows: Rows) -> None:
    found = list(zip(node.parts, values, strict=True))
    for name in dict.fromkeys(part.name for part in node.parts if part.name and not part.role):
        own = sorted((pair for pair in found if pair[0].name == name), key=lambda pair: pair[0].place)
        rows.found(name, _joined([value for _, value in own], node.joiner, rows))
    pairs = []
    for part, key in found:
        if part.role == "*":
            value = next(value for other, value in found if other.role == "&" and other.name == part.name)
            pairs.append(expr(f"({key}, {value})", key, value))
    if pairs:
        listed = ", ".join(pair.sql for pair in pairs)
        kept = f"arrayFilter(p -> p.1 != '' AND p.2 != '', [{listed}])"
        rows.found_map(rows.compute(expr(f"CAST({kept}, '{MAP}')", *pairs)))


def _joined(values: list[Expr], joiner: str, rows: Rows) -> Expr:
    if len(values) == 1:
        return values[0]
    listed = ", ".join(value.sql for value in values)
    between = rows.bindings.text(joiner)
    return expr(f"arrayStringConcat(arrayFilter(v -> v != '', [{listed}]), {between})", *values)


PATTERN = StageKind(read_pattern, lower, main="pattern")
DISSECT = StageKind(read_dissect, lower, main="pattern")
