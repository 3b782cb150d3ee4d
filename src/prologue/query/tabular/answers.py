"""Questions that are answered with a table: LogQL here, SQL in `prologue.query.sqlapi`.

Next chapter: `prologue.query.tabular.logql`.
"""

from __future__ import annotations

import pyarrow as pa

from prologue.logql.lower.sql import Statement
from prologue.model.errors import LimitError
from prologue.query.compile import Compiled, compile_query
from prologue.query.failures import query_errors
from prologue.query.request import Request
from prologue.query.run import QueryEngine
from prologue.query.tabular.logql import lower_table
from prologue.query.tabular.result import JsonRows, arrow_table, json_rows

MAX_SAMPLES = 5_000_000
"""Most rows of a metric query's table."""


class LogqlTables:
    """Answers LogQL with tables. Thread-safe, as the query engine is."""

    def __init__(self, engine: QueryEngine) -> None:
        self._engine = engine

    def arrow(self, text: str, request: Request) -> pa.Table:
        """Raises `QueryError` for the user's mistakes and `LimitError` where a limit ends the query."""
        with query_errors():
            compiled, statement = self._statement(text, request)
            table = arrow_table(statement, self._engine.run)
        _check_samples(compiled, table.num_rows)
        return table

    def json(self, text: str, request: Request) -> JsonRows:
        """As `arrow`."""
        with query_errors():
            compiled, statement = self._statement(text, request)
            rows = json_rows(statement, self._engine.run)
        _check_samples(compiled, rows.count)
        return rows

    def _statement(self, text: str, request: Request) -> tuple[Compiled, Statement]:
        compiled = compile_query(text, request)
        most = self._engine.limits.max_entries
        if compiled.is_log and request.limit > most > 0:
            raise LimitError(
                f"a limit of {request.limit} lines is over the maximum of {most}",
                cure="lower the limit and page by time, ask in SQL, or raise query.max_entries",
            )
        facts = {scan: self._engine.facts(scan) for scan in compiled.looks}
        return compiled, lower_table(compiled, facts, MAX_SAMPLES)


def _check_samples(compiled: Compiled, rows: int) -> None:
    if not compiled.is_log and rows > MAX_SAMPLES:
        raise LimitError(
            f"the query makes more than {MAX_SAMPLES} samples",
            cure="group with sum by (...), use a larger step, or a shorter time range",
        )
