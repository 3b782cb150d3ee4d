"""Setting `__error__`: the first thing that goes wrong with a line stays, with its details."""

from __future__ import annotations

from dataclasses import replace

from prologue.logql.lower.sql import EMPTY, Expr, expr
from prologue.query.lower.rows import Rows


def with_error(rows: Rows, failed: Expr, kind: str, details: str) -> Rows:
    """`__error__` where a line that carries none yet fails. `kind` and `details` are SQL texts."""
    env = rows.env
    if env.error == EMPTY:
        rows, error = rows.compute(expr(f"if({failed}, {kind}, '')", failed))
        rows, detail = rows.compute(expr(f"if({error} != '', {details}, '')", error))
    else:
        rows, fresh = rows.compute(expr(f"{env.error} = '' AND ({failed})", env.error, failed))
        rows, error = rows.compute(expr(f"if({fresh}, {kind}, {env.error})", fresh, env.error))
        rows, detail = rows.compute(expr(f"if({fresh}, {details}, {env.details})", fresh, env.details))
    return rows.with_env(replace(rows.env, error=error, details=detail))
