"""What clients ask about a query or a server rather than about data: `format_query`, `explain`,
`status/buildinfo`, `drilldown-limits` and the tenant's limits.

Sources: Loki's HTTP API reference; the shapes that Grafana's Logs Drilldown reads. `explain` is ours.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import yaml
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prologue.config.settings import Settings
from prologue.config.units import format_duration
from prologue.logql.parser import parse_query
from prologue.logql.printer import print_query
from prologue.model.labels import SERVICE_NAME_SOURCES
from prologue.parse.levels.words import LEVEL_KEYS
from prologue.query.request import MAX_POINTS, Derived, Request
from prologue.query.run import QueryEngine
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant
from prologue.serve.context import Context
from prologue.serve.loki import answers, parameters
from prologue.serve.running import Runner
from prologue.telemetry.version import version

LOKI_VERSION = "3.7.8"
"""The Loki whose API we answer as. Clients compare it to decide which routes they may use."""
_EXAMPLE = 'sum(rate({app="cart"}[5m]))'


class Misc:
    """The routes about queries and the server."""

    def __init__(self, context: Context, engine: QueryEngine, runner: Runner) -> None:
        self._settings = context.settings
        self._engine = engine
        self._runner = runner

    def routes(self) -> list[BaseRoute]:
        prefix = "/loki/api/v1"
        return [
            Route(f"{prefix}/format_query", self.format_query, methods=answers.METHODS),
            Route(f"{prefix}/explain", self.explain, methods=answers.METHODS),
            Route(f"{prefix}/status/buildinfo", self.build_info, methods=answers.METHODS),
            Route(f"{prefix}/drilldown-limits", self.drilldown_limits, methods=answers.METHODS),
            Route("/config/tenant/v1/limits", self.tenant_limits, methods=answers.METHODS),
        ]

    async def format_query(self, http: HttpRequest) -> Response:
        found = await parameters.read(http)
        return answers.success(print_query(parse_query(parameters.required(found, "query", _EXAMPLE))))

    async def explain(self, http: HttpRequest) -> Response:
        """The query as it was understood, its plan, and the SELECT it became; it is not run.

        An instant query where `time` is given, else a range query.
        """
        found = await parameters.read(http)
        query = parameters.required(found, "query", _EXAMPLE)
        now = time.time_ns()
        request = Request(
            tenant=resolve_tenant(http.headers.get(TENANT_HEADER)),
            start=0,
            end=0,
            limit=parameters.whole_number(found, "limit", 100),
            derived=Derived(detected_level=self._settings.labels.discover_log_levels),
            now=now,
        )
        if text := parameters.one(found, "time"):
            at = parameters.time(text, "time")
            request = replace(request, start=at, end=at)
        else:
            asked = parameters.range_of(found, now)
            request = replace(request, start=asked.start, end=asked.end, step=asked.step)
        explained = await self._runner.run(http, lambda: self._engine.explain(query, request))
        return answers.success({"query": print_query(parse_query(query)), **explained})

    async def build_info(self, _http: HttpRequest) -> Response:
        """Loki's version as far as clients are concerned; ours is the revision."""
        return answers.plain(
            {
                "version": LOKI_VERSION,
                "revision": f"prologue-{version()}",
                "branch": "",
                "buildUser": "",
                "buildDate": "",
                "goVersion": "",
            }
        )

    async def drilldown_limits(self, _http: HttpRequest) -> Response:
        return answers.plain(
            {"limits": limits(self._settings), "pattern_ingester_enabled": True, "version": LOKI_VERSION}
        )

    async def tenant_limits(self, http: HttpRequest) -> Response:
        resolve_tenant(http.headers.get(TENANT_HEADER))
        text = yaml.safe_dump(limits(self._settings), sort_keys=True)
        return Response(text, media_type="application/yaml")


def limits(settings: Settings) -> dict[str, Any]:
    """What a tenant may ask for, under Loki's names; every tenant has the same. 0 means no limit."""
    labels, query = settings.labels, settings.query
    return {
        "discover_log_levels": labels.discover_log_levels,
        "discover_service_name": list(SERVICE_NAME_SOURCES) if labels.discover_service_name else [],
        "log_level_fields": list(LEVEL_KEYS) if labels.discover_log_levels else [],
        "allow_structured_metadata": True,
        "max_entries_limit_per_query": query.max_entries,
        "max_line_size": 0,
        "max_line_size_truncate": False,
        "max_query_bytes_read": str(query.max_bytes_read),
        "max_query_length": "0s",
        "max_query_lookback": "0s",
        "max_query_range": "0s",
        "max_query_series": query.max_series,
        "max_points_per_series": MAX_POINTS,
        "metric_aggregation_enabled": False,
        "pattern_persistence_enabled": False,
        "query_timeout": format_duration(query.timeout),
        "reject_old_samples": False,
        "retention_period": f"{settings.store.retention_days * 24}h",
        "volume_enabled": True,
        "volume_max_series": query.max_series,
        "deletion_mode": "filter-and-delete",
    }
