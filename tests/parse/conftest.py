"""Parsing is proven in the engine: payloads in, finished records out."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from prologue.model.payload import Payload
from prologue.parse import catalog
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish
from prologue.pipeline.staging import staged
from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate
from prologue.store.writer import LogWriter

Records = list[dict[str, Any]]
Parse = Callable[..., Records]

_FINISHED = """
SELECT tenant, toString(timestamp) AS time, labels, level, severity_number, severity_text,
    base64Encode(body) AS body, trace_id, span_id, attributes FROM ({finish}) ORDER BY observed, body"""


@pytest.fixture
def parse(engine: EmbeddedEngine) -> Parse:
    """`parse(*payloads)` answers the records in order of arrival, bodies as bytes."""
    migrate(engine)

    def run(*payloads: Payload, options: ParseOptions | None = None) -> Records:
        options = options or ParseOptions()
        stages = []
        for group in catalog.groups(payloads):
            stages.append(staged(catalog.parse(group, options)))
        LogWriter(engine, finish(options)).parse(stages)
        rows = engine.arrow(_FINISHED.format(finish=finish(options))).to_pylist()
        return [_plain(row) for row in rows]

    return run


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "body": base64.b64decode(row["body"]), "attributes": dict(row["attributes"])}
