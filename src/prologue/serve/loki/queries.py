"""`query` and `query_range`: LogQL over HTTP, as Loki's clients ask it.

Queries run on threads and end when their client hangs up (`prologue.serve.running`).
"""

from __future__ import annotations

import time
from dataclasses import replace

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prologue.model.errors import QueryError
from prologue.query.compile import compile_query
from prologue.query.request import Derived, Direction, Request
from prologue.query.run import QueryEngine
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant
from prologue.serve.context import Context
from prologue.serve.loki import answers, parameters
from prologue.serve.loki.parameters import Parameters
from prologue.serve.running import Runner

_FLAGS = "x-loki-response-encoding-flags"
_DEFAULT_LIMIT = 100


class Queries:
    """The two query routes over one engine."""

    def __init__(self, context: Context, engine: QueryEngine, runner: Runner) -> None:
        self._runner = runner
        self._derived = Derived(detected_level=context.settings.labels.discover_log_levels)
        self._engine = engine

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/loki/api/v1/query", self.query, methods=answers.METHODS),
            Route("/loki/api/v1/query_range", self.query_range, methods=answers.METHODS),
        ]

    async def query(self, http: HttpRequest) -> Response:
        """Evaluated at exactly `time`; metric queries only, as in Loki."""
        found = await parameters.read(http)
        now = time.time_ns()
        at = parameters.time(text, "time") if (text := parameters.one(found, "time")) else now
        request = replace(self._request(http, found), start=at, end=at)
        query = parameters.required(found, "query", 'sum(rate({app="cart"}[5m]))')
        if compile_query(query, request).is_log:
            raise QueryError(
                "log queries are not supported as an instant query",
                cure="ask query_range, or count lines: count_over_time(... [5m])",
            )
        return await self._answer(http, query, request)

    async def query_range(self, http: HttpRequest) -> Response:
        """From `start` to `end`; a metric query every `step`."""
        found = await parameters.read(http)
        asked = parameters.range_of(found, time.time_ns())
        interval = parameters.duration(text, "interval") if (text := parameters.one(found, "interval")) else 0
        request = replace(
            self._request(http, found), start=asked.start, end=asked.end, step=asked.step, interval=interval
        )
        return await self._answer(http, parameters.required(found, "query", '{app="cart"}'), request)

    def _request(self, http: HttpRequest, found: Parameters) -> Request:
        return Request(
            tenant=resolve_tenant(http.headers.get(TENANT_HEADER)),
            start=0,
            end=0,
            limit=parameters.whole_number(found, "limit", _DEFAULT_LIMIT),
            direction=Direction.FORWARD if parameters.forward(found) else Direction.BACKWARD,
            categorize="categorize-labels" in http.headers.get(_FLAGS, ""),
            derived=self._derived,
            now=time.time_ns(),
        )

    async def _answer(self, http: HttpRequest, text: str, request: Request) -> Response:
        answer, usage = await self._runner.metered(http, lambda: self._engine.query(text, request))
        return answers.query_answer(answer, usage, categorized=request.categorize)
