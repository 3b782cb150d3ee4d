"""Answering queries: the public face of this package.

`QueryEngine` compiles, looks at the streams, runs one SELECT and hands back what Loki's clients expect,
already written as JSON by the engine. Python touches one object a series, never one a line or sample.

Next chapter: `prologue.serve`, which puts it on HTTP.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import orjson
import pyarrow as pa

from prologue.logql.lower.sql import Statement
from prologue.model.errors import LimitError
from prologue.query.compile import Compiled, compile_query
from prologue.query.failures import query_errors
from prologue.query.glance import glance_of
from prologue.query.lower.metrics import seconds_text
from prologue.query.lower.scan import Scan
from prologue.query.plan.nodes import Lines, Scalar
from prologue.query.request import Limits, Request
from prologue.query.streams import Facts, facts_of, facts_statement
from prologue.query.thin import instants


class Reader(Protocol):
    """What the query layer asks of the store: one SELECT, from any thread, values bound by name.

    Raises `EngineError`, `EngineUnavailable` or `LimitError`.
    """

    def arrow(
        self,
        sql: str,
        parameters: Mapping[str, object] = ...,
        settings: Mapping[str, str | int | float] = ...,
    ) -> pa.Table: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's result. `result` is ready for `orjson.dumps` (it holds JSON fragments).

    `result_type` is `streams`, `matrix`, `vector` or `scalar`. `entries` counts lines or samples;
    `seconds` is the time it took; `newest_ns` and `oldest_ns` are those of the lines, 0 where none.
    """

    result_type: str
    result: Any
    entries: int
    seconds: float
    oldest_ns: int = 0
    newest_ns: int = 0

    def json(self) -> bytes:
        """The result alone as JSON."""
        return orjson.dumps(self.result)

    def decoded(self) -> Any:
        """The result as plain Python values."""
        return orjson.loads(self.json())


class QueryEngine:
    """Answers LogQL. Thread-safe, as the reader is."""

    def __init__(
        self, reader: Reader, limits: Limits | None = None, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._reader = reader
        self._limits = limits or Limits()
        self._clock = clock

    @property
    def limits(self) -> Limits:
        """What one query may cost."""
        return self._limits

    def query(self, text: str, request: Request) -> Answer:
        """Raises `QueryError` for the user's mistakes and `LimitError` where a limit ends the query."""
        started = self._clock()
        compiled = compile_query(text, request)
        if compiled.is_log:
            self.check_entries(request.limit)
        with query_errors():
            return self._answer(compiled, started)

    def explain(self, text: str, request: Request) -> Mapping[str, Any]:
        """The plan and the SELECT of a query, without running it."""
        compiled = compile_query(text, request)
        with query_errors():
            statement = compiled.statement(self._facts(compiled), self._limits.max_series)
        return {"plan": repr(compiled.plan), "sql": statement.sql, "parameters": dict(statement.parameters)}

    def check_entries(self, limit: int) -> None:
        """Raises LimitError where so many lines are too many for one answer."""
        if limit > self._limits.max_entries > 0:
            raise LimitError(
                f"a limit of {limit} lines is over the maximum of {self._limits.max_entries}",
                cure="lower the limit and page by time, or raise query.max_entries",
            )

    def run(self, statement: Statement) -> pa.Table:
        """The rows of a statement, within the limits."""
        settings = {**self._settings(), **statement.settings}
        return self._reader.arrow(statement.sql, statement.parameters, settings)

    def _answer(self, compiled: Compiled, started: float) -> Answer:
        request = compiled.request
        if isinstance(compiled.plan, Scalar) and request.instant:
            pair = [orjson.Fragment(seconds_text(request.start)), _go_float(compiled.plan.value)]
            return Answer("scalar", pair, 1, self._clock() - started)
        if compiled.is_log and request.limit == 0:
            return Answer("streams", [], 0, self._clock() - started)
        facts = self._facts(compiled)
        if isinstance(compiled.plan, Lines) and request.interval:
            (known,) = facts.values()
            at = instants(self.run, compiled.plan, request, known)
            compiled = replace(compiled, request=replace(request, instants=at))
        if isinstance(compiled.plan, Lines):
            found = self._glance(compiled, compiled.plan, facts, started)
            if found is not None:
                return found
        table = self.run(compiled.statement(facts, self._limits.max_series))
        if compiled.is_log:
            return self._streams(table, started)
        self._check_series(table)
        return self._vector(table, request, started) if request.instant else self._matrix(table, started)

    def _glance(
        self, compiled: Compiled, plan: Lines, facts: Mapping[Scan, Facts], started: float
    ) -> Answer | None:
        """The answer, where a part of the range holds all of it. The facts of a range hold in its parts."""
        narrower = glance_of(plan, compiled.request)
        if narrower is None:
            return None
        glanced = replace(compiled, request=narrower)
        (known,) = facts.values()
        statement = glanced.statement(dict.fromkeys(glanced.looks, known), self._limits.max_series)
        answer = self._streams(self.run(statement), started)
        return answer if answer.entries >= compiled.request.limit else None

    def _facts(self, compiled: Compiled) -> dict[Scan, Facts]:
        return {scan: self.facts(scan) for scan in compiled.looks}

    def facts(self, scan: Scan) -> Facts:
        """What is known of the streams of a scan."""
        table = self.run(facts_statement(scan.matchers, scan.scope))
        return facts_of(table.to_pylist()[0])

    def _streams(self, table: pa.Table, started: float) -> Answer:
        rows = table.to_pylist()
        result = [
            {"stream": orjson.Fragment(row["labels"]), "values": orjson.Fragment(f"[{row['entries']}]")}
            for row in rows
        ]
        entries = sum(row["lines"] for row in rows)
        oldest = min((row["first"] for row in rows), default=0)
        newest = max((row["last"] for row in rows), default=0)
        return Answer("streams", result, entries, self._clock() - started, oldest, newest)

    def _matrix(self, table: pa.Table, started: float) -> Answer:
        rows = table.to_pylist()
        result = [
            {"metric": orjson.Fragment(row["labels"]), "values": orjson.Fragment(f"[{row['points']}]")}
            for row in rows
        ]
        return Answer("matrix", result, sum(row["samples"] for row in rows), self._clock() - started)

    def _vector(self, table: pa.Table, request: Request, started: float) -> Answer:
        at = orjson.Fragment(seconds_text(request.start))
        result = [
            {"metric": orjson.Fragment(row["labels"]), "value": [at, row["value"]]}
            for row in table.to_pylist()
        ]
        return Answer("vector", result, len(result), self._clock() - started)

    def _check_series(self, table: pa.Table) -> None:
        if table.num_rows > self._limits.max_series > 0:
            raise LimitError(
                f"the query makes more than {self._limits.max_series} series",
                cure="group with sum by (...), narrow the selector, or raise query.max_series",
            )

    def _settings(self) -> dict[str, str | int | float]:
        limits = self._limits
        settings: dict[str, str | int | float] = {
            "max_execution_time": limits.timeout_seconds,
            "max_memory_usage": limits.memory_bytes,
            "max_rows_to_read": limits.read_rows,
            "max_bytes_to_read": limits.read_bytes,
            "max_threads": limits.threads,
        }
        return {name: value for name, value in settings.items() if value} | _SETTINGS


_SETTINGS: dict[str, str | int | float] = {
    # One line with more than 1,000 pairs would fail everybody's `| logfmt`.
    "extract_key_value_pairs_max_pairs_per_row": 0,
    # Pipelines nest a SELECT a computed column.
    "max_subquery_depth": 1000,
    "max_parser_depth": 10_000,
    # A query is as long as its pipeline; the text is ours.
    "max_query_size": 16 << 20,
    "max_ast_elements": 1_000_000,
    "max_expanded_ast_elements": 5_000_000,
    "max_ast_depth": 10_000,
    "output_format_json_escape_forward_slashes": 0,
    # Filters stand where they belong already; pushed down, each would parse the line once more.
    "query_plan_filter_push_down": 0,
    "join_use_nulls": 0,
    "short_circuit_function_evaluation": "enable",
    # Time ranges move, so what it remembers is seldom asked again; and a query that it watches was measured
    # to use one core: a substring over 2,000,000 lines took 256 ms with it, 146 without.
    "use_query_condition_cache": 0,
    "query_plan_max_limit_for_lazy_materialization": 10_000,
}


def _go_float(value: float) -> str:
    """A float as Go's 'f' format writes it."""
    if math.isnan(value):
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    text = format(value, "f") if value.is_integer() else repr(value)
    if "e" in text:
        digits = len(text.split("e", maxsplit=1)[0].replace("-", "").replace(".", ""))
        text = format(value, f".{digits - 1 - int(text.split('e')[1])}f")
    return text.removesuffix(".000000")
