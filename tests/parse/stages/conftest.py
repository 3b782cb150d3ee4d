"""Stages are proven in the engine: lines and YAML in, finished records out."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from prologue.model.payload import Payload, PayloadFormat
from prologue.parse.pipelines.document import Surroundings
from prologue.parse.pipelines.read import pipeline_set, read_pipelines
from prologue.pipeline.trial import Bench
from prologue.store.embedded import EmbeddedEngine

NOW = 1_795_800_000_000_000_000  # 2026-11-27T15:20:00Z
ARRIVED = f"{dt.datetime.fromtimestamp(NOW / 1e9, dt.UTC):%Y-%m-%dT%H:%M:%S}.000"
Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def run(engine: EmbeddedEngine) -> Run:
    """`run(stages, *lines)`: what one pipeline of these stages makes of the lines, in order of arrival.

    `stages` is the YAML of the list of stages, or a whole list of pipelines. Each record has body (bytes),
    time (text, None where it is that of arrival), level, labels, and the attributes without `parsed_by`.
    """
    bench = Bench(engine)

    def answer(
        stages: str,
        *lines: str | bytes,
        labels: dict[str, str] | None = None,
        surroundings: Surroundings | None = None,
        framing: dict[str, str] | None = None,
    ) -> list[dict[str, Any]]:
        whole = stages if "stages:" in stages else "name: t\nstages:\n" + stages
        pipelines = read_pipelines(whole, "t.yaml", surroundings or Surroundings())
        parsing = bench.check(pipeline_set(pipelines))
        data = b"\n".join(line.encode() if isinstance(line, str) else line for line in lines)
        payload = Payload("default", PayloadFormat.LINES, data, NOW, labels or {"app": "x"}, framing or {})
        trial = bench.try_lines(parsing, payload)
        return [_plain(row) for row in trial.after.to_pylist()]

    return answer


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    attributes = dict(row["attributes"])
    attributes.pop("parsed_by", None)
    arrived = row["time"].startswith(ARRIVED)
    return {
        **row,
        "body": base64.b64decode(row["body"]),
        "attributes": attributes,
        "time": None if arrived else row["time"],
    }
