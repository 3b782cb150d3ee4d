"""`index/stats`, `index/volume` and `index/volume_range`: how much a selector holds.

Source: Loki's HTTP API reference, "Query log statistics" and "Query log volume". A volume's sample
stands at the end of what it counts: of the range, or of its step.
"""

from __future__ import annotations

import time
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prologue.model.errors import UserError
from prologue.query.lower.metrics import seconds_text
from prologue.query.lower.scan import Scan
from prologue.query.run import QueryEngine
from prologue.query.volume import Volume, VolumeRequest, Volumes
from prologue.serve.loki import answers, parameters
from prologue.serve.loki.parameters import Parameters
from prologue.serve.running import Runner

_DEFAULT_LIMIT = 100


class Index:
    """The index routes over one query engine."""

    def __init__(self, engine: QueryEngine, runner: Runner) -> None:
        self._volumes = Volumes(engine)
        self._runner = runner

    def routes(self) -> list[BaseRoute]:
        prefix = "/loki/api/v1/index"
        return [
            Route(f"{prefix}/stats", self.stats, methods=answers.METHODS),
            Route(f"{prefix}/volume", self.volume, methods=answers.METHODS),
            Route(f"{prefix}/volume_range", self.volume_range, methods=answers.METHODS),
        ]

    async def stats(self, http: Request) -> Response:
        found = await parameters.read(http)
        scan = parameters.scan(http, found, time.time_ns())
        return answers.plain(await self._runner.run(http, lambda: self._volumes.stats(scan)))

    async def volume(self, http: Request) -> Response:
        found = await parameters.read(http)
        asked = _volume_request(parameters.scan(http, found, time.time_ns()), found)
        return await self._volume(http, asked)

    async def volume_range(self, http: Request) -> Response:
        found = await parameters.read(http)
        now = time.time_ns()
        step = parameters.range_of(found, now).step
        return await self._volume(http, _volume_request(parameters.scan(http, found, now), found, step))

    async def _volume(self, http: Request, asked: VolumeRequest) -> Response:
        began = time.perf_counter()
        groups, usage = await self._runner.metered(http, lambda: self._volumes.volume(asked))
        matrix = asked.step > 0
        return answers.success(
            {
                "resultType": "matrix" if matrix else "vector",
                "result": [_series(group, matrix=matrix) for group in groups],
                "stats": answers.statistics(usage, len(groups), time.perf_counter() - began),
            }
        )


def _volume_request(scan: Scan, found: Parameters, step: int = 0) -> VolumeRequest:
    targets = (name.strip() for name in parameters.one(found, "targetLabels").split(","))
    aggregate = parameters.one(found, "aggregateBy", "series")
    if aggregate not in ("series", "labels"):
        raise UserError(
            f"aggregateBy={aggregate!r} is neither series nor labels", cure="write one of the two"
        )
    return VolumeRequest(
        scan,
        targets=tuple(dict.fromkeys(name for name in targets if name)),
        by_name=aggregate == "labels",
        limit=parameters.whole_number(found, "limit", _DEFAULT_LIMIT),
        step=step,
    )


def _series(group: Volume, *, matrix: bool) -> dict[str, Any]:
    points = [[orjson.Fragment(seconds_text(end)), str(size)] for end, size in group.points]
    metric = orjson.Fragment(group.labels)
    return {"metric": metric, "values": points} if matrix else {"metric": metric, "value": points[0]}
