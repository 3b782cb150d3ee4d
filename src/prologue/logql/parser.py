"""LogQL's text to a frozen, checked tree: the way into this package.

    tokens.py, lexer.py            text to tokens
    log_nodes.py, metric_nodes.py  the tree
    parse_*.py                     tokens to tree, one module a part of the grammar
    checks.py                      what the grammar alone cannot refuse
    printer.py                     the tree back to text

Every failure is a `QueryError` with the position and a cure.
Next chapter: `prologue.logql.lexer`, where the text is first read.
"""

from __future__ import annotations

from prologue.logql.checks import check_query, check_selector
from prologue.logql.cursor import Cursor
from prologue.logql.log_nodes import LogQuery, Matcher
from prologue.logql.metric_nodes import Query
from prologue.logql.parse_log import parse_selector
from prologue.logql.parse_metric import parse_expression
from prologue.logql.tokens import Kind


def parse_query(source: str) -> Query:
    """A log query or a metric query, checked.

    >>> parse_query('{app="cart"} |= "boom"').matchers[0].value
    'cart'
    """
    cursor = Cursor(source)
    if cursor.peek().kind is Kind.END:
        cursor.fail("the query is empty", 'write a stream selector such as {app="checkout"}')
    query = parse_expression(cursor)
    if cursor.peek().kind is not Kind.END:
        cure = "remove it, or join it to the query with an operator or a stage"
        if isinstance(query, LogQuery) and cursor.peek().is_operator("["):
            cure = "wrap the range in an aggregation such as count_over_time(...)"
        cursor.fail(f"unexpected {cursor.peek().describe()} after the query", cure)
    check_query(query, source)
    return query


def parse_matchers(source: str, *, allow_empty: bool = False) -> tuple[Matcher, ...]:
    """A bare selector, as the `match[]` and `query` parameters of the label routes take it.

    `allow_empty` accepts `{}` and selectors that match every stream.
    """
    cursor = Cursor(source)
    matchers = parse_selector(cursor)
    if cursor.peek().kind is not Kind.END:
        cure = "only a stream selector is allowed here"
        cursor.fail(f"unexpected {cursor.peek().describe()} after the selector", cure)
    if not allow_empty:
        check_selector(matchers, source, 0)
    return matchers
