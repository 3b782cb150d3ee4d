"""Line filters as conditions on the line, and the hint that lets the index of words skip granules."""

from __future__ import annotations

import re

from prologue.logql.ip_pattern import parse_ip_pattern
from prologue.logql.line_pattern import LinePattern, Literal, parse_line_pattern
from prologue.logql.log_nodes import LineFilter, LineOp, Needle
from prologue.logql.lower.ip_match import line_contains_ip
from prologue.logql.lower.sql import Bindings, Expr, column, expr

_TOKENS_ASKED = 2
_TOKEN = re.compile(r"[a-zA-Z0-9\u0080-\U0010FFFF]+")


def line_condition(stage: LineFilter, line: Expr, bindings: Bindings) -> Expr:
    """Whether the filter lets the line through."""
    tests = " OR ".join(_test(stage.op, needle, line, bindings) for needle in stage.needles)
    return expr(f"NOT ({tests})" if stage.op.negative else tests, line)


def index_hint(stage: LineFilter, bindings: Bindings) -> Expr | None:
    """A weaker condition on the stored body that the index of words answers; None where there is none.

    Only tokens inside the needle count: those at its edges may be parts of longer ones. It is a hint, so
    that no line is split into words again to be asked what the index has answered.
    """
    if stage.op is not LineOp.CONTAINS or any(needle.is_ip for needle in stage.needles):
        return None
    tokens = [inner_tokens(needle.text) for needle in stage.needles]
    if not all(tokens):
        return None
    tests = (f"hasAll(tokens(lower(body)), {bindings.texts(rarest(found))})" for found in tokens)
    return expr(f"indexHint({' OR '.join(tests)})", column("body"))


def inner_tokens(text: str) -> tuple[str, ...]:
    """The index's tokens that any line with this text must hold whole.

    >>> inner_tokens('level=error msg="x'), inner_tokens("error")
    (('error', 'msg'), ())
    """
    found = {
        lower_ascii(match.group())
        for match in _TOKEN.finditer(text)
        if match.start() > 0 and match.end() < len(text)
    }
    return tuple(sorted(found))


def rarest(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The tokens worth asking the index for: few, and those that likely few lines have.

    A token that most lines have rules nothing out. Numbers and long words are rarer than short words.

    >>> rarest(("for", "item", "key", "miss", "id7"))
    ('id7', 'item')
    """
    ranked = sorted(tokens, key=lambda token: (not any(c.isdigit() for c in token), -len(token), token))
    return tuple(ranked[:_TOKENS_ASKED])


def lower_ascii(text: str) -> str:
    """As the engine's `lower`: ASCII only."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def _test(op: LineOp, needle: Needle, line: Expr, bindings: Bindings) -> str:
    if needle.is_ip:
        return line_contains_ip(line.sql, parse_ip_pattern(needle.text), bindings)
    if op in (LineOp.CONTAINS, LineOp.NOT_CONTAINS):
        return f"position({line}, {bindings.text(needle.text)}) > 0" if needle.text else "true"
    if op in (LineOp.REGEX, LineOp.NOT_REGEX):
        # Not anchored, and `.` matches line breaks too.
        return f"match({line}, {bindings.text(f'(?s:{needle.text})')})"
    return f"match({line}, {bindings.text(pattern_regex(parse_line_pattern(needle.text)))})"


def pattern_regex(pattern: LinePattern) -> str:
    """A line pattern as a regular expression over the whole line; `<_>` is any text.

    >>> pattern_regex(parse_line_pattern("<_> a.b <_>"))
    '^(?s:.*? a\\\\.b .*)$'
    """
    last = len(pattern.parts) - 1
    parts = [
        quote_regex(part.text) if isinstance(part, Literal) else ".*" if index == last else ".*?"
        for index, part in enumerate(pattern.parts)
    ]
    return f"^(?s:{''.join(parts)})$"


def quote_regex(text: str) -> str:
    """Text as a regular expression that matches just it."""
    return re.sub(r"[\\.+*?()|\[\]{}^$]", lambda match: "\\" + match.group(), text)
