"""Rules and alerts, of which there are none: the answers Loki's ruler gives while no rule exists.

The ruler comes with alerting. Until then nothing evaluates a rule, so one that is written is refused
with that reason, never stored to be forgotten.

Source: Loki's HTTP API reference, "Ruler".
"""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from prologue.receive.tenant import TENANT_HEADER, resolve_tenant
from prologue.serve.loki import answers

_PREFIXES = ("/loki/api/v1/rules", "/api/prom/rules")
# Clients tell "none" from "broken" by these words.
_NO_GROUPS = "no rule groups found\n"
_NO_GROUP = "group does not exist\n"


def routes() -> list[BaseRoute]:
    listed = [Route(path, none_yet, methods=["GET"]) for path in _PREFIXES]
    spaces = [Route(f"{path}/{{namespace}}", none_yet, methods=["GET"]) for path in _PREFIXES]
    groups = [Route(f"{path}/{{namespace}}/{{group}}", no_such_group, methods=["GET"]) for path in _PREFIXES]
    written = [
        Route(path + rest, refuse, methods=["POST", "DELETE"])
        for path in _PREFIXES
        for rest in ("", "/{namespace}", "/{namespace}/{group}")
    ]
    prometheus = [
        Route("/prometheus/api/v1/rules", prometheus_rules, methods=answers.METHODS),
        Route("/prometheus/api/v1/alerts", prometheus_alerts, methods=answers.METHODS),
    ]
    return [*listed, *spaces, *groups, *written, *prometheus]


async def none_yet(http: Request) -> Response:
    resolve_tenant(http.headers.get(TENANT_HEADER))
    return PlainTextResponse(_NO_GROUPS, 404)


async def no_such_group(http: Request) -> Response:
    resolve_tenant(http.headers.get(TENANT_HEADER))
    return PlainTextResponse(_NO_GROUP, 404)


async def prometheus_rules(http: Request) -> Response:
    resolve_tenant(http.headers.get(TENANT_HEADER))
    return answers.plain({"status": "success", "data": {"groups": []}, "errorType": "", "error": ""})


async def prometheus_alerts(http: Request) -> Response:
    resolve_tenant(http.headers.get(TENANT_HEADER))
    return answers.plain({"status": "success", "data": {"alerts": []}, "errorType": "", "error": ""})


async def refuse(_http: Request) -> Response:
    body = {
        "status": "error",
        "errorType": "unavailable",
        "error": "this Prologue evaluates no rules: the ruler comes with alerting; nothing was stored",
        "code": "no_ruler",
        "position": None,
        "cure": "until then let Grafana or vmalert evaluate the rule as a query",
    }
    return Response(orjson.dumps(body), 501, media_type="application/json")
