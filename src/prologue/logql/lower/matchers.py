"""A matcher as a condition on an SQL text."""

from __future__ import annotations

from prologue.logql.log_nodes import MatchOp
from prologue.logql.lower.sql import Bindings


def match_condition(value: str, op: MatchOp, text: str, bindings: Bindings) -> str:
    """Prometheus' matcher on an SQL text: regular expressions are anchored and `.` stops at line breaks."""
    if op in (MatchOp.EQUAL, MatchOp.NOT_EQUAL):
        return f"{value} {op.value} {bindings.text(text)}"
    call = f"match({value}, {bindings.text(f'^(?-s:{text})$')})"
    return call if op is MatchOp.REGEX else f"NOT {call}"
