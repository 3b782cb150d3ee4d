"""Custom parsers over HTTP: which are in force, what others would make of some lines, reading them again.

What is tried here comes from a client, not from the operator: it may name no file and no Python.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any, TypeVar

import msgspec
import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prologue.model.errors import LimitError, UserError
from prologue.model.labels import with_service_name
from prologue.parse.pipelines.document import Surroundings
from prologue.parse.pipelines.read import pipeline_set, read_pipelines
from prologue.pipeline.trial import Trial, described, lines_payload
from prologue.query.deletion import check_deletion
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant
from prologue.serve.context import Context
from prologue.store.reruns import Rerun

MAX_BODY_BYTES = 1 << 20
MAX_LINES = 1000
MAX_PIPELINES = 20

Body = TypeVar("Body")


class Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`lines` to try; `pipelines` is YAML, without it those in force are tried."""

    lines: str | list[str]
    pipelines: str | None = None
    labels: dict[str, str] = {}


class RerunRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines that `query` (a selector and line filters) matches, from `start` to `end` (Unix ns), are parsed
    again by `pipelines` (YAML)."""

    query: str
    start: int
    end: int
    pipelines: str


_RERUN_DECODER = msgspec.json.Decoder(RerunRequest)
_DECODER = msgspec.json.Decoder(Sample)


class ParserRoutes:
    """The routes over the process's ParserControl."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/v1/parsers", self.listed, methods=["GET"]),
            Route("/api/v1/parsers/reload", self.reload, methods=["POST"]),
            Route("/api/v1/parsers/rerun", self.rerun, methods=["GET", "POST"]),
            Route("/api/v1/parsers/test", self.test, methods=["GET", "POST"]),
        ]

    async def listed(self, _http: HttpRequest) -> Response:
        control = self._context.parsers
        pipelines = control.in_force.now.pipelines
        return _json(
            {
                "version": pipelines.version,
                "since": control.state.since,
                "error": control.state.error,
                "pipelines": [
                    {
                        "name": one.name,
                        "version": one.version,
                        "match": one.match.text,
                        "stages": [step.kind for step in one.steps],
                        "place": str(one.place),
                    }
                    for one in pipelines.pipelines
                ],
            }
        )

    async def reload(self, http: HttpRequest) -> Response:
        await asyncio.to_thread(self._context.parsers.reload)
        return await self.listed(http)

    async def test(self, http: HttpRequest) -> Response:
        tenant = resolve_tenant(http.headers.get(TENANT_HEADER))
        sample = await _sample(http)
        data = sample.lines if isinstance(sample.lines, str) else "\n".join(sample.lines)
        if data.count("\n") > MAX_LINES:
            raise LimitError(
                f"more than {MAX_LINES} lines", cure="try fewer; `prologue parse test` takes more"
            )
        trial = await asyncio.to_thread(self._try, sample, data, tenant)
        return _json(described(trial))

    async def rerun(self, http: HttpRequest) -> Response:
        tenant = resolve_tenant(http.headers.get(TENANT_HEADER))
        if http.method == "GET":
            reruns = await asyncio.to_thread(self._context.reruns.of, tenant)
            return _json({"reruns": [_shown(one) for one in reruns]})
        asked = await _read(http, _RERUN_DECODER)
        return _json(_shown(await asyncio.to_thread(self._add, asked, tenant)), 202)

    def _add(self, asked: RerunRequest, tenant: str) -> Rerun:
        check_deletion(asked.query)
        pipelines = pipeline_set(read_pipelines(asked.pipelines, "pipelines", Surroundings()))
        if not pipelines.pipelines:
            raise UserError("there is no pipeline to parse with", cure="send some as `pipelines`")
        self._context.parsers.prove(pipelines)
        if asked.end < asked.start:
            raise UserError("the range ends before it starts", cure="exchange start and end")
        upto = self._context.progress.now.batch
        span = (asked.start, asked.end)
        return self._context.reruns.add(tenant, asked.query, span, upto, asked.pipelines)

    def _try(self, sample: Sample, data: str, tenant: str) -> Trial:
        pipelines = None
        if sample.pipelines is not None:
            pipelines = pipeline_set(read_pipelines(sample.pipelines, "pipelines", Surroundings()))
            if len(pipelines.pipelines) > MAX_PIPELINES:  # each holds the lines it made in memory
                raise LimitError(
                    f"more than {MAX_PIPELINES} pipelines", cure="try fewer; `prologue parse test` takes more"
                )
        payload = lines_payload(data.encode(), with_service_name(sample.labels), tenant=tenant)
        return self._context.parsers.try_lines(payload, pipelines)


async def _sample(http: HttpRequest) -> Sample:
    if http.method == "GET":
        asked = http.query_params
        labels = dict(pair.split("=", 1) for pair in asked.getlist("label") if "=" in pair)
        return Sample(asked.get("lines", ""), asked.get("pipelines"), labels)
    return await _read(http, _DECODER)


async def _read(http: HttpRequest, decoder: msgspec.json.Decoder[Body]) -> Body:
    body = b""
    async for chunk in http.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise LimitError(f"the body is larger than {MAX_BODY_BYTES} bytes", cure="send less at once")
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(
            f"the body is not as it must be: {error}",
            cure='send JSON such as {"pipelines": "name: a\\nstages: [json]", "lines": "{\\"a\\": 1}"}',
        ) from error


def _shown(rerun: Rerun) -> dict[str, Any]:
    return {name: value for name, value in asdict(rerun).items() if name != "tenant"}


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
