"""The stage: one batch parsed into rows in memory, before anything durable is touched.

The writer fills it from the pipeline's `Stage`s, one for each group of payloads that are read the
same way, registers the streams it finds there, and inserts it into `logs` as one block.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from prologue.store.engine import Source

CREATE_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS stage
(
    tenant LowCardinality(String),
    sent Nullable(DateTime64(9, 'UTC')),
    observed DateTime64(9, 'UTC'),
    labels LowCardinality(String),
    severity_number UInt8,
    severity_text String,
    body String,
    trace_id String,
    span_id String,
    attributes Map(LowCardinality(String), String),
    level LowCardinality(String)
)
ENGINE = Memory"""
"""Temporary: each connection has its own, so writers do not meet. `sent` is the time the sender gave;
which time counts is decided on the way into `logs`. `level` is '' where the
engine has to find it."""

_FROM_STAGE = re.compile(r"\bFROM stage\b")

STAGE_COLUMNS = (
    "tenant, sent, observed, labels, severity_number, severity_text, body, trace_id, span_id, attributes"
)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a staged batch has become: a SELECT of STAGE_COLUMNS over tables of the writer's connection.

    `tables` are temporary ones that are for this batch alone.
    """

    sql: str
    parameters: Mapping[str, object]
    tables: tuple[str, ...] = ()

    def instead_of_stage(self, sql: str) -> str:
        """The statement with these rows where it reads the stage. No level holds: lines may have changed."""
        rows = f"FROM (SELECT *, '' AS level FROM ({self.sql})) AS stage"
        return _FROM_STAGE.sub(lambda _: rows, sql)


@dataclass(frozen=True, slots=True)
class Stage:
    """Rows to come: `select` yields STAGE_COLUMNS in order from `{source}`; `parameters` are bound.

    `rows` is how many there must be, or None where only the engine can count them. `levels`: the select
    yields `level` behind the others, '' where it is still to be found.
    """

    source: Source
    select: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    rows: int | None = None
    levels: bool = False

    @property
    def columns(self) -> str:
        """What `select` yields."""
        return f"{STAGE_COLUMNS}, level" if self.levels else STAGE_COLUMNS
