"""`/ready`, `/metrics` and `/api/v1/status`: is it up, how is it doing, what does it hold."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from prologue.receive.tenant import TENANT_HEADER, resolve_tenant
from prologue.serve.context import Context
from prologue.telemetry import metrics
from prologue.telemetry.version import version

# Counting uses the primary key alone. The newest line is in the newest hour of the key, found by reading
# the key from its end; over 30 M lines that takes 20 ms where max(timestamp) reads every line's.
_COUNT = "SELECT count() AS lines FROM logs WHERE tenant = {tenant:String}"
_NEWEST = """
WITH (
    SELECT toStartOfHour(timestamp) FROM logs WHERE tenant = {tenant:String}
    ORDER BY tenant DESC, toStartOfHour(timestamp) DESC LIMIT 1
) AS hour
SELECT toUnixTimestamp64Nano(max(timestamp)) AS newest
FROM logs WHERE tenant = {tenant:String} AND toStartOfHour(timestamp) >= hour"""


def routes(context: Context) -> list[BaseRoute]:
    async def ready(_request: Request) -> Response:
        missing = context.ready()
        if missing is None:
            return PlainTextResponse("ready\n")
        return PlainTextResponse(f"{missing}\n", 503, {"Retry-After": "1"})

    async def exposition(_request: Request) -> Response:
        body, content_type = metrics.render()
        return Response(body, media_type=content_type)

    async def status(request: Request) -> Response:
        tenant = resolve_tenant(request.headers.get(TENANT_HEADER))
        body = await asyncio.to_thread(_status, context, tenant)
        return Response(orjson.dumps(body), media_type="application/json")

    return [
        Route("/ready", ready),
        Route("/metrics", exposition),
        Route("/api/v1/status", status),
    ]


def _status(context: Context, tenant: str) -> dict[str, Any]:
    bound = {"tenant": tenant}
    lines = context.reader.arrow(_COUNT, bound)["lines"][0].as_py()
    newest = context.reader.arrow(_NEWEST, bound)["newest"][0].as_py() if lines else None
    standing = context.progress.now
    return {
        "version": version(),
        "newest_line_ns": str(newest) if newest is not None else None,
        "stored_lines": lines,
        "last_stored_ns": str(standing.stored_ns) if standing.stored_ns else None,
        "error": standing.error,
        **context.describe(),
    }
