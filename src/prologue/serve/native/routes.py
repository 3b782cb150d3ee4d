"""`POST /api/v1/query`: LogQL or read-only SQL in, a table out.

A client that hangs up stops its query (`prologue.serve.running`).
"""

from __future__ import annotations

import time
from dataclasses import replace

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prologue.model.errors import UserError
from prologue.query.compile import compile_query
from prologue.query.request import Derived, Direction, Request
from prologue.query.run import QueryEngine
from prologue.query.sqlapi.answers import SqlQuestion, SqlTables
from prologue.query.sqlapi.views import EARLIEST, LATEST
from prologue.query.tabular.answers import LogqlTables
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant
from prologue.serve.context import Context
from prologue.serve.loki import parameters
from prologue.serve.native import question as questions
from prologue.serve.native.formats import Format, accepted, rows_response, table_response
from prologue.serve.native.question import Question
from prologue.serve.running import Runner


class Native:
    """The route over one query engine."""

    def __init__(self, context: Context, engine: QueryEngine) -> None:
        self._derived = Derived(detected_level=context.settings.labels.discover_log_levels)
        self._runner = Runner(context.reader)
        self._logql = LogqlTables(engine)
        self._sql = SqlTables(context.reader, engine.limits)

    def routes(self) -> list[BaseRoute]:
        return [Route("/api/v1/query", self.query, methods=["POST"])]

    async def query(self, http: HttpRequest) -> Response:
        form = accepted(http.headers.get("accept", ""))
        tenant = resolve_tenant(http.headers.get(TENANT_HEADER))
        question = await questions.read(http)
        return await self._runner.run(http, lambda: self._answer(question, tenant, form))

    def _answer(self, question: Question, tenant: str, form: Format) -> Response:
        if question.language == "sql":
            return self._answer_sql(self._sql_question(question, tenant), form)
        if question.parameters:
            raise UserError("LogQL takes no parameters", cure='leave them out, or ask in "language": "sql"')
        started = time.perf_counter()
        request = self._request(question, tenant)
        if form is Format.JSON:
            rows = self._logql.json(question.query, request)
            return rows_response(rows, time.perf_counter() - started)
        return table_response(self._logql.arrow(question.query, request), form)

    def _answer_sql(self, question: SqlQuestion, form: Format) -> Response:
        started = time.perf_counter()
        if form is Format.JSON:
            rows = self._sql.json(question)
            return rows_response(rows, time.perf_counter() - started)
        return table_response(self._sql.arrow(question), form)

    def _sql_question(self, question: Question, tenant: str) -> SqlQuestion:
        if question.step is not None:
            raise UserError("SQL takes no step", cure="group by toStartOfInterval(timestamp, ...)")
        start, end = questions.bounds(question, time.time_ns())
        return SqlQuestion(
            question.query,
            tenant,
            start=EARLIEST if start is None else max(start, EARLIEST),
            end=LATEST if end is None else max(end, EARLIEST),
            limit=question.limit,
            parameters=question.parameters,
        )

    def _request(self, question: Question, tenant: str) -> Request:
        """As in `query_range`; a step of 0 evaluates a metric query once, at the end."""
        now = time.time_ns()
        given = questions.times(question)
        instant = "step" in given and parameters.duration(given["step"][0], "step") == 0
        asked = parameters.range_of({**given, "step": []} if instant else given, now)
        request = Request(
            tenant=tenant,
            start=asked.start,
            end=asked.end,
            step=asked.step,
            limit=questions.DEFAULT_LIMIT if question.limit is None else question.limit,
            direction=Direction(question.direction),
            derived=self._derived,
            now=now,
        )
        if instant and not compile_query(question.query, request).is_log:
            return replace(request, start=request.end, step=0)
        return request
