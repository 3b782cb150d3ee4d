"""Matchers, line filters and label filters.

`and`, a comma and a blank between label filters mean the same, and `and` and `or` bind alike: they
are evaluated from left to right, as Loki's documentation says ("Label filter expression").
"""

from __future__ import annotations

from prologue.logql.cursor import Cursor
from prologue.logql.ip_pattern import parse_ip_pattern
from prologue.logql.line_pattern import check_filter_pattern, parse_line_pattern
from prologue.logql.log_nodes import (
    And,
    BytesComparison,
    CompareOp,
    Condition,
    DurationComparison,
    IpMatch,
    LineFilter,
    LineOp,
    Matcher,
    MatchOp,
    Needle,
    NumberComparison,
    Or,
)
from prologue.logql.regex import scan_regex
from prologue.logql.tokens import Kind, Token

LINE_OPERATORS = tuple(op.value for op in LineOp)
MATCH_OPERATORS = tuple(op.value for op in MatchOp)
COMPARE_OPERATORS = (*(op.value for op in CompareOp), "=")
_REGEX_OPS = (MatchOp.REGEX, MatchOp.NOT_REGEX)
_QUANTITIES = (Kind.NUMBER, Kind.DURATION, Kind.BYTES)
_FILTER_CURE = (
    'write a filter such as level="error", duration > 1.5s, size <= 20MB or addr = ip("10.0.0.0/8")'
)


def parse_matcher(cursor: Cursor) -> Matcher:
    """`name <op> "value"`, where every operator is one of `=`, `!=`, `=~`, `!~`."""
    cure = 'write matchers such as app="checkout" or pod=~"api-.*"'
    name = cursor.expect_kind(Kind.IDENTIFIER, cure)
    operator = cursor.accept(*MATCH_OPERATORS)
    if operator is None:
        cursor.fail(f"expected one of = != =~ !~, found {cursor.peek().describe()}", cure)
    return matcher_of(cursor, name, MatchOp(operator.text))


def matcher_of(cursor: Cursor, name: Token, op: MatchOp) -> Matcher:
    """The rest of a matcher after its operator."""
    value = cursor.expect_string(f'quote the value: {name.text}{op.value}"..."')
    if op in _REGEX_OPS:
        cursor.inner(value, scan_regex)
    return Matcher(name.text, op, str(value.value), name.offset)


def parse_line_filter(cursor: Cursor) -> LineFilter:
    """`|= "a" or "b" or ip("...")`."""
    op = LineOp(cursor.advance().text)
    needles = [_needle(cursor, op)]
    while cursor.peek().is_word("or"):
        cursor.advance()
        needles.append(_needle(cursor, op))
    return LineFilter(op, tuple(needles))


def _needle(cursor: Cursor, op: LineOp) -> Needle:
    word = cursor.accept_word("ip")
    if word is not None:
        if op not in (LineOp.CONTAINS, LineOp.NOT_CONTAINS):
            cursor.fail(f"`{op.value}` cannot match ip()", 'use |= ip("...") or != ip("...")', word.offset)
        return Needle(_ip_argument(cursor), is_ip=True, at=word.offset)
    text = cursor.expect_string(f'write the text to look for: {op.value} "..."')
    if op in (LineOp.REGEX, LineOp.NOT_REGEX):
        cursor.inner(text, scan_regex)
    if op in (LineOp.PATTERN, LineOp.NOT_PATTERN):
        cursor.inner(text, lambda source: check_filter_pattern(parse_line_pattern(source)))
    return Needle(str(text.value), at=text.offset)


def _ip_argument(cursor: Cursor) -> str:
    cursor.expect("(", 'write ip("192.168.0.0/16")')
    pattern = cursor.expect_string("quote the address, range or network")
    cursor.inner(pattern, parse_ip_pattern)
    cursor.expect(")", "close ip(...)")
    return str(pattern.value)


def parse_condition(cursor: Cursor) -> Condition:
    """Label filters joined by `and`, `or`, commas and blanks, from left to right."""
    left = _term(cursor)
    while True:
        if cursor.accept_word("or"):
            left = _join(Or, left, _term(cursor))
        elif cursor.accept_word("and") or cursor.accept(",") or _starts_term(cursor):
            left = _join(And, left, _term(cursor))
        else:
            return left


def _starts_term(cursor: Cursor) -> bool:
    following = cursor.peek(1)
    is_name = cursor.peek().kind is Kind.IDENTIFIER
    compares = following.is_operator(*MATCH_OPERATORS, *COMPARE_OPERATORS)
    return (is_name and compares) or cursor.peek().is_operator("(")


def _join(kind: type[And] | type[Or], left: Condition, right: Condition) -> Condition:
    # Chains are kept flat: hundreds of alternatives are common and must not nest.
    parts = [part for side in (left, right) for part in (side.parts if isinstance(side, kind) else (side,))]
    return kind(tuple(parts))


def _term(cursor: Cursor) -> Condition:
    if cursor.accept("("):
        with cursor.nested():
            inner = parse_condition(cursor)
            cursor.expect(")", "close the parenthesis of the label filter")
        return inner
    name = cursor.expect_kind(Kind.IDENTIFIER, _FILTER_CURE)
    operator = cursor.accept(*MATCH_OPERATORS, *COMPARE_OPERATORS)
    if operator is None:
        cursor.fail(f"expected a comparison, found {cursor.peek().describe()}", _FILTER_CURE)
    return _predicate(cursor, name, operator)


def _predicate(cursor: Cursor, name: Token, operator: Token) -> Condition:
    value = cursor.peek()
    if value.is_word("ip") and cursor.peek(1).is_operator("("):
        cursor.advance()
        if operator.text not in ("=", "!="):
            cursor.fail(
                f"`{operator.text}` cannot match ip()", 'use = ip("...") or != ip("...")', operator.offset
            )
        return IpMatch(name.text, _ip_argument(cursor), operator.text == "!=", name.offset)
    if value.kind is Kind.STRING:
        if operator.text not in MATCH_OPERATORS:
            cure = "compare with a number, a duration or a byte size without quotes; use = for text"
            cursor.fail(f"`{operator.text}` cannot compare with a text", cure, operator.offset)
        return matcher_of(cursor, name, MatchOp(operator.text))
    return _comparison(cursor, name, operator)


def _comparison(cursor: Cursor, name: Token, operator: Token) -> Condition:
    if operator.text not in COMPARE_OPERATORS:
        cursor.fail(f"`{operator.text}` needs a quoted regular expression", f'write {name.text}=~"..."')
    op = CompareOp("==" if operator.text == "=" else operator.text)
    sign = cursor.accept("-", "+")
    negative = sign is not None and sign.text == "-"
    quantity = cursor.peek()
    if quantity.kind not in _QUANTITIES or isinstance(quantity.value, str):
        cursor.fail(f"expected a value to compare with, found {quantity.describe()}", _FILTER_CURE)
    cursor.advance()
    value = -quantity.value if negative else quantity.value
    if quantity.kind is Kind.NUMBER:
        return NumberComparison(name.text, op, float(value), name.offset)
    if quantity.kind is Kind.DURATION:
        return DurationComparison(name.text, op, int(value), name.offset)
    if negative:
        cursor.fail("a byte size cannot be negative", "remove the sign", quantity.offset)
    return BytesComparison(name.text, op, int(value), name.offset)
