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

_STORED = """
SELECT toUnixTimestamp64Nano(max(timestamp)) AS newest, count() AS lines
FROM logs WHERE tenant = {tenant:String}"""


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
    row = context.reader.arrow(_STORED, {"tenant": tenant}).to_pylist()[0]
    standing = context.progress.now
    return {
        "version": version(),
        "newest_line_ns": str(row["newest"]) if row["lines"] else None,
        "stored_lines": row["lines"],
        "last_stored_ns": str(standing.stored_ns) if standing.stored_ns else None,
        "error": standing.error,
        **context.describe(),
    }
