"""What the engine says when a query cannot be answered, in the user's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from prologue.model.errors import EngineError, QueryError
from prologue.query.lower.binary import MANY_MATCHES
from prologue.query.lower.pipeline_errors import MARK

_PIPELINE = re.compile(re.escape(MARK) + r"(\w+)")
_REGEX = re.compile(r"(?:CANNOT_COMPILE_REGEXP|OptimizedRegularExpression|cannot compile re2)[^\n]*")


@contextmanager
def query_errors() -> Iterator[None]:
    """Engine errors that are the query's fault become `QueryError`s; all others pass."""
    try:
        yield
    except EngineError as error:
        found = _user_error(error.message)
        if found is None:
            raise
        raise found from error


def _user_error(message: str) -> QueryError | None:
    pipeline = _PIPELINE.search(message)
    if pipeline:
        return QueryError(
            f"the query met lines with a pipeline error: {pipeline.group(1)}",
            cure='put | __error__="" behind the stage that fails to leave such lines out, '
            'or | __error__=~".*" to count them',
            code="pipeline_error",
        )
    if MANY_MATCHES in message:
        return QueryError(
            "several series match one series of the other side",
            cure="match on more labels with on(...), or say which side has many: group_left or group_right",
            code="many_matches",
        )
    if _REGEX.search(message):
        return QueryError(
            "the engine cannot compile a regular expression of the query",
            cure="use RE2 syntax: https://github.com/google/re2/wiki/Syntax",
            code="bad_regex",
        )
    return None
