"""Errors as HTTP answers: one body everywhere, a stable code, the position, the cure.

    {"status": "error", "errorType": "bad_data", "error": "...", "code": "bad_query",
     "position": {"line": 1, "column": 9, "offset": 8}, "cure": "..."}

`status`, `errorType` and `error` are what Loki's and Prometheus' clients read; the rest is ours.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from prologue.model.errors import (
    BufferFull,
    Cancelled,
    ConfigError,
    LimitError,
    PayloadTooLarge,
    PrologueError,
    QueryError,
    TemporaryError,
    UserError,
)

logger = logging.getLogger(__name__)


def status_of(error: PrologueError) -> tuple[int, str]:
    """The HTTP status and the `errorType` of an error."""
    if isinstance(error, PayloadTooLarge):
        return 413, "bad_data"
    if isinstance(error, LimitError):
        return 422, "execution"
    if isinstance(error, UserError):
        return 400, "bad_data"
    if isinstance(error, BufferFull):
        return 429, "unavailable"
    if isinstance(error, TemporaryError):
        return 503, "unavailable"
    if isinstance(error, Cancelled):
        return 499, "canceled"  # nginx's status for a client that closed the request; Loki's errorType
    return 500, "internal"


def body_of(error: PrologueError) -> dict[str, Any]:
    """The error body, before it is encoded."""
    position = error.position if isinstance(error, QueryError | ConfigError) else None
    return {
        "status": "error",
        "errorType": status_of(error)[1],
        "error": error.message,
        "code": error.code,
        "position": asdict(position) if position is not None else None,
        "cure": error.cure,
    }


async def answer_error(_request: Request, error: Exception) -> Response:
    """Starlette's handler for every PrologueError."""
    assert isinstance(error, PrologueError)
    status, _ = status_of(error)
    if status >= 500:
        logger.error("request failed: %s", error.message, exc_info=error if status == 500 else None)
    headers = {"Retry-After": "5"} if isinstance(error, TemporaryError) else {}
    return Response(orjson.dumps(body_of(error)), status, headers, media_type="application/json")


async def answer_http(request: Request, error: Exception) -> Response:
    """Starlette's own refusals (no such route, wrong method) in the same body."""
    assert isinstance(error, HTTPException)
    status, headers, detail = error.status_code, dict(error.headers or {}), error.detail
    if status in (404, 405):
        status, headers, detail = _unroutable(request)
    body = {
        "status": "error",
        "errorType": "bad_data",
        "error": f"{request.method} {request.url.path}: {detail}",
        "code": "not_found" if status == 404 else "bad_request",
        "position": None,
        "cure": "see docs/api.md for the routes" if status in (404, 405) else "",
    }
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


def _unroutable(request: Request) -> tuple[int, dict[str, str], str]:
    """404, or 405 with the methods there are. The UI's files answer every path that has no route for the
    method, so what they say of it is not what the sender must know."""
    allowed = {
        method
        for route in request.app.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods or ()
    }
    if not allowed:
        return 404, {}, "Not Found"
    methods = ", ".join(sorted(allowed))
    return 405, {"Allow": methods}, f"this route takes {methods}"


async def answer_defect(request: Request, error: Exception) -> Response:
    """Anything else is our defect: logged whole, told without internals."""
    path = request.url.path
    # By name, not by value: some protocols have the sender's key in the path.
    for name, value in request.path_params.items():
        path = path.replace(f"/{value}", f"/{{{name}}}")
    logger.error("defect in %s %s", request.method, path, exc_info=error)
    body = {
        "status": "error",
        "errorType": "internal",
        "error": "Prologue failed on this request; its log says why",
        "code": "internal",
        "position": None,
        "cure": "report it with the log lines of this moment",
    }
    return Response(orjson.dumps(body), 500, media_type="application/json")
