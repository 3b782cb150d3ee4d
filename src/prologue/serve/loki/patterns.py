"""`patterns`: kinds of lines with their counts. Source: Loki's HTTP API reference, "Patterns detection"."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prologue.query.patterns import Patterns
from prologue.query.run import QueryEngine
from prologue.serve.loki import answers, parameters
from prologue.serve.running import Runner


class PatternRoutes:
    """The patterns route over one query engine."""

    def __init__(self, engine: QueryEngine, runner: Runner) -> None:
        self._patterns = Patterns(engine)
        self._runner = runner

    def routes(self) -> list[BaseRoute]:
        return [Route("/loki/api/v1/patterns", self.patterns, methods=answers.METHODS)]

    async def patterns(self, http: Request) -> Response:
        found = await parameters.read(http)
        now = time.time_ns()
        parameters.required(found, "query", '{app="cart"}')
        scan, step = parameters.scan(http, found, now), parameters.range_of(found, now).step
        patterns = await self._runner.run(http, lambda: self._patterns.patterns(scan, step))
        return answers.success([{"pattern": one.text, "samples": one.samples} for one in patterns])
