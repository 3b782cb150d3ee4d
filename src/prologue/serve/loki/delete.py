"""`delete`: ask for lines to be deleted, see the requests, take one back in time.

Source: Loki's HTTP API reference, "Request log deletion" and the two sections behind it. A request with
`max_interval` is one request here, because the engine needs no splitting.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prologue.model.errors import UserError
from prologue.query.deletion import check_deletion
from prologue.query.lower.metrics import seconds_text
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant
from prologue.serve.context import Context
from prologue.serve.loki import answers, parameters
from prologue.store.deletions import Deletion

_PATH = "/loki/api/v1/delete"


class Deletes:
    """The delete routes."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[BaseRoute]:
        return [
            Route(_PATH, self.add, methods=["POST", "PUT"]),
            Route(_PATH, self.list, methods=["GET"]),
            Route(_PATH, self.cancel, methods=["DELETE"]),
        ]

    async def add(self, http: Request) -> Response:
        """Answered when the request is durable, not when it is carried out."""
        found = await parameters.read(http)
        tenant = resolve_tenant(http.headers.get(TENANT_HEADER))
        query = parameters.required(found, "query", '{app="cart"}')
        check_deletion(query)
        now = time.time_ns()
        first = parameters.time(parameters.required(found, "start", str(now // 10**9 - 3600)), "start")
        last = parameters.time(text, "end") if (text := parameters.one(found, "end")) else now
        if last > now:
            raise UserError("deletes in the future are not allowed", cure="leave end out for now")
        if first > last:
            raise UserError("start is after end", cure="swap them")
        if text := parameters.one(found, "max_interval"):
            parameters.duration(text, "max_interval")
        await asyncio.to_thread(self._context.deletions.add, tenant, query, first, last)
        return Response(status_code=204)

    async def list(self, http: Request) -> Response:
        tenant = resolve_tenant(http.headers.get(TENANT_HEADER))
        found = await asyncio.to_thread(self._context.deletions.of, tenant)
        return answers.plain([_shown(deletion) for deletion in found])

    async def cancel(self, http: Request) -> Response:
        found = await parameters.read(http)
        tenant = resolve_tenant(http.headers.get(TENANT_HEADER))
        request_id = parameters.required(found, "request_id", "the id that GET shows")
        await asyncio.to_thread(self._context.deletions.cancel, tenant, request_id)
        return Response(status_code=204)


def _shown(deletion: Deletion) -> dict[str, Any]:
    return {
        "request_id": deletion.id,
        "start_time": orjson.Fragment(seconds_text(deletion.first)),
        "end_time": orjson.Fragment(seconds_text(deletion.last)),
        "query": deletion.query,
        "status": deletion.status.value,
        "created_at": orjson.Fragment(seconds_text(deletion.created)),
    }
