"""`detected_labels`, `detected_fields` and `detected_field/{name}/values`: what Logs Drilldown offers.

Source: the shapes that Grafana's Logs Drilldown reads; Loki's reference does not describe these routes.
"""

from __future__ import annotations

import time
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prologue.query.detected import Detector, Field
from prologue.query.request import Derived, Request
from prologue.query.run import QueryEngine
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant
from prologue.serve.context import Context
from prologue.serve.loki import answers, parameters
from prologue.serve.loki.parameters import Parameters
from prologue.serve.running import Runner

_EXAMPLE = '{app="cart"}'
_DEFAULT_FIELDS = 1000
_DEFAULT_LINES = 1000


class Detected:
    """The detection routes over one query engine."""

    def __init__(self, context: Context, engine: QueryEngine, runner: Runner) -> None:
        self._derived = Derived(detected_level=context.settings.labels.discover_log_levels)
        self._detector = Detector(engine)
        self._runner = runner

    def routes(self) -> list[BaseRoute]:
        prefix = "/loki/api/v1"
        return [
            Route(f"{prefix}/detected_labels", self.labels, methods=answers.METHODS),
            Route(f"{prefix}/detected_fields", self.fields, methods=answers.METHODS),
            Route(f"{prefix}/detected_field/{{name}}/values", self.values, methods=answers.METHODS),
        ]

    async def labels(self, http: HttpRequest) -> Response:
        found = await parameters.read(http)
        scan = parameters.scan(http, found, time.time_ns())
        labels = await self._runner.run(http, lambda: self._detector.labels(scan))
        return answers.plain({"detectedLabels": [{"label": name, "cardinality": n} for name, n in labels]})

    async def fields(self, http: HttpRequest) -> Response:
        found = await parameters.read(http)
        query, request, limit = self._asked(http, found)
        fields = await self._runner.run(http, lambda: self._detector.fields(query, request, limit))
        return answers.plain({"fields": [_field(field) for field in fields], "limit": limit})

    async def values(self, http: HttpRequest) -> Response:
        found = await parameters.read(http)
        query, request, limit = self._asked(http, found)
        name = http.path_params["name"]
        values = await self._runner.run(http, lambda: self._detector.values(query, request, name, limit))
        return answers.plain({"values": values, "limit": limit})

    def _asked(self, http: HttpRequest, found: Parameters) -> tuple[str, Request, int]:
        """The query, how it is sampled, and how many fields or values are wanted."""
        now = time.time_ns()
        start, end = parameters.bounds(found, now)
        limit = parameters.whole_number(found, "limit", 0) or parameters.whole_number(found, "field_limit", 0)
        request = Request(
            tenant=resolve_tenant(http.headers.get(TENANT_HEADER)),
            start=start,
            end=end,
            limit=parameters.whole_number(found, "line_limit", _DEFAULT_LINES),
            derived=self._derived,
            now=now,
        )
        return parameters.required(found, "query", _EXAMPLE), request, limit or _DEFAULT_FIELDS


def _field(field: Field) -> dict[str, Any]:
    return {
        "label": field.label,
        "type": field.type,
        "cardinality": field.cardinality,
        "parsers": list(field.parsers) or None,
        "jsonPath": list(field.path) or None,
    }
