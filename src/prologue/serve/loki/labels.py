"""`labels`, `label/{name}/values` and `series`: what there is to select."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prologue.query.lookups import Lookups
from prologue.query.run import QueryEngine
from prologue.query.streams import Scope
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant
from prologue.serve.loki import answers, parameters
from prologue.serve.loki.parameters import Parameters
from prologue.serve.running import Runner

# Loki's default for these routes.
_SPAN = 6 * 3600 * parameters.NANOSECONDS


class Labels:
    """The lookup routes over one query engine."""

    def __init__(self, engine: QueryEngine, runner: Runner) -> None:
        self._runner = runner
        self._lookups = Lookups(engine)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/loki/api/v1/labels", self.names, methods=answers.METHODS),
            Route("/loki/api/v1/label", self.names, methods=answers.METHODS),
            Route("/loki/api/v1/label/{name}/values", self.values, methods=answers.METHODS),
            Route("/loki/api/v1/series", self.series, methods=answers.METHODS),
        ]

    async def names(self, http: Request) -> Response:
        found = await parameters.read(http)
        scope, selector = _scope(http, found), parameters.one(found, "query")
        return answers.success(
            await self._runner.run(http, lambda: self._lookups.label_names(scope, selector))
        )

    async def values(self, http: Request) -> Response:
        found = await parameters.read(http)
        name, selector = http.path_params["name"], parameters.one(found, "query")
        scope = _scope(http, found)
        return answers.success(
            await self._runner.run(http, lambda: self._lookups.label_values(scope, name, selector))
        )

    async def series(self, http: Request) -> Response:
        found = await parameters.read(http)
        selectors = [*found.get("match[]", ()), *found.get("match", ())]
        scope = _scope(http, found)
        return answers.success(await self._runner.run(http, lambda: self._lookups.series(scope, selectors)))


def _scope(http: Request, found: Parameters) -> Scope:
    start, end = parameters.bounds(found, time.time_ns(), _SPAN)
    return Scope(resolve_tenant(http.headers.get(TENANT_HEADER)), start, end)
