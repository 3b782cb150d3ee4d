"""`query` and `query_range`: LogQL over HTTP, as Loki's clients ask it.

Queries run on threads, because the engine has no asynchronous client; the pool of connections bounds
how many run at once.
"""

from __future__ import annotations

import asyncio
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

_METHODS = ["GET", "POST"]
_FLAGS = "x-loki-response-encoding-flags"
_DEFAULT_LIMIT = 100


class Queries:
    """The two query routes over one engine."""

    def __init__(self, context: Context, engine: QueryEngine) -> None:
        self._derived = Derived(detected_level=context.settings.labels.discover_log_levels)
        self._engine = engine

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/loki/api/v1/query", self.query, methods=_METHODS),
            Route("/loki/api/v1/query_range", self.query_range, methods=_METHODS),
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
        return await self._answer(query, request)

    async def query_range(self, http: HttpRequest) -> Response:
        """From `start` to `end`; a metric query every `step`."""
        found = await parameters.read(http)
        asked = parameters.range_of(found, time.time_ns())
        interval = parameters.duration(text, "interval") if (text := parameters.one(found, "interval")) else 0
        request = replace(
            self._request(http, found), start=asked.start, end=asked.end, step=asked.step, interval=interval
        )
        return await self._answer(parameters.required(found, "query", '{app="cart"}'), request)

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

    async def _answer(self, text: str, request: Request) -> Response:
        answer = await asyncio.to_thread(self._engine.query, text, request)
        return answers.query_answer(answer, categorized=request.categorize)
