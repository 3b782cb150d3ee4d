"""What the grammar alone cannot refuse: rules of meaning, each with its position and cure.

Source of the rules: Loki's documentation, "Log queries", "Metric queries" and "LogQL reference".

Next chapter: the planner, which may rely on everything refused here.
"""

from __future__ import annotations

import re
from typing import NoReturn

from prologue.logql.check_metric import check_metric_node
from prologue.logql.log_nodes import LabelFormat, LogQuery, Matcher, MatchOp
from prologue.logql.metric_nodes import (
    BinaryOperation,
    LabelReplace,
    Metric,
    Query,
    RangeAggregation,
    VectorAggregation,
)
from prologue.logql.tokens import position_at
from prologue.model.errors import QueryError

MAX_TREE_DEPTH = 100
"""Of a metric expression. Later passes walk trees recursively and rely on it."""

ERROR_LABELS = ("__error__", "__error_details__")
_POSIX_CLASS = re.compile(r"\[:\^?[a-z]+:\]")


def check_query(query: Query, source: str) -> None:
    """Raises `QueryError` at the first rule the query breaks."""
    level: list[Query] = [query]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_TREE_DEPTH:
            at = getattr(level[0], "at", 0)
            _fail(source, at, f"the query nests deeper than {MAX_TREE_DEPTH} levels", "split the query")
        for node in level:
            _check_node(node, source)
        level = [child for node in level for child in _children(node)]


def _children(node: Query) -> tuple[Metric | LogQuery, ...]:
    if isinstance(node, BinaryOperation):
        return (node.left, node.right)
    if isinstance(node, VectorAggregation | LabelReplace):
        return (node.expression,)
    if isinstance(node, RangeAggregation):
        return (node.range.query,)
    return ()


def _check_node(node: Query, source: str) -> None:
    if not isinstance(node, LogQuery):
        check_metric_node(node, source)
        return
    check_selector(node.matchers, source, node.at)
    for stage in node.stages:
        if isinstance(stage, LabelFormat):
            _check_label_format(stage, source)


def check_selector(matchers: tuple[Matcher, ...], source: str, at: int) -> None:
    """At least one matcher must rule out the empty value, or every stream would have to be read."""
    if not any(_rules_out_empty(matcher) for matcher in matchers):
        message = "the selector matches every stream" if matchers else "the selector is empty"
        _fail(source, at, message, 'add a matcher such as service_name=~".+"')


def _rules_out_empty(matcher: Matcher) -> bool:
    if matcher.op is MatchOp.EQUAL:
        return matcher.value != ""
    if matcher.op is MatchOp.NOT_EQUAL:
        return matcher.value == ""
    return _matches_empty(matcher.value) is (matcher.op is MatchOp.NOT_REGEX)


def _matches_empty(regex: str) -> bool:
    # Only asked whether a selector is too wide. What Python cannot read of RE2 is taken as narrow.
    try:
        return re.fullmatch(_POSIX_CLASS.sub("a", regex), "") is not None
    except re.error:
        return False


def _check_label_format(stage: LabelFormat, source: str) -> None:
    seen: set[str] = set()
    for one in stage.formats:
        if one.target in seen:
            cure = f"chain a second `| label_format {one.target}=...`"
            _fail(source, one.at, f"the label `{one.target}` is set twice in one label_format", cure)
        if one.target in ERROR_LABELS:
            cure = "filter on it, or remove it with `| drop __error__`"
            _fail(source, one.at, f"`{one.target}` cannot be set by a query", cure)
        seen.add(one.target)


def _fail(source: str, at: int, message: str, cure: str) -> NoReturn:
    raise QueryError(message, position=position_at(source, at), cure=cure)
