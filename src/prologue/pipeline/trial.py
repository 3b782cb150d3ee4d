"""Pipelines tried out: on sample lines, without storing anything, or for whether the engine takes them.

It is the way of a real batch: the same staging, the same programs, the same finishing. Who tries needs an
engine connection of its own, because the stage is a temporary table of it.

Next chapter: `prologue.pipeline.parsing`.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from prologue.model.errors import ConfigError, EngineError
from prologue.model.payload import Payload, PayloadFormat
from prologue.parse import catalog
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish
from prologue.parse.pipelines.nodes import PipelineSet
from prologue.pipeline.parsing import Parsing, Tally
from prologue.pipeline.staging import staged
from prologue.store.engine import Engine
from prologue.store.stage import CREATE_STAGE, STAGE_COLUMNS

_TENANT = "default"

TRIAL_SETTINGS: dict[str, str | int | float] = {"max_memory_usage": 128 << 20, "max_execution_time": 20}
"""Of the engine connection of a server's bench: what is tried there comes from whoever reaches the port, and
twenty stages that double a text make a terabyte of a megabyte."""
_ONE_LINE = f"""
INSERT INTO stage ({STAGE_COLUMNS})
SELECT '{_TENANT}', NULL, now64(9, 'UTC'), '{{}}', 0, '', 'a line', '', '', map()"""


@dataclass(frozen=True, slots=True)
class Trial:
    """`before` and `after` are tables of time (RFC 3339), labels, level, body (base64) and more, in order of
    arrival.

    A line that was dropped is in `before` only; `tallies` say what each pipeline did.
    """

    before: pa.Table
    after: pa.Table
    tallies: Sequence[Tally]


@dataclass(frozen=True, slots=True)
class Measured:
    """Lines and bytes of their bodies, and what one round over all of them cost."""

    lines: int
    bytes: int
    cpu_seconds: float
    seconds: float
    tallies: Sequence[Tally]


class Bench:
    """Where pipelines are tried. Owns the stage of its engine; use from one thread at a time."""

    def __init__(self, engine: Engine, options: ParseOptions | None = None) -> None:
        self.engine = engine
        self._options = options or ParseOptions()
        engine.command(CREATE_STAGE)

    def load(self, payload: Payload) -> int:
        """Stage a payload; the number of lines."""
        stage = staged(catalog.parse([payload], self._options))
        self.engine.command("TRUNCATE TABLE stage")
        self.engine.insert_select(f"stage ({stage.columns})", stage.select, stage.source, stage.parameters)
        return int(self.engine.arrow("SELECT count() AS n FROM stage")["n"][0].as_py())

    def try_lines(self, parsing: Parsing, payload: Payload) -> Trial:
        """What the pipelines make of a payload."""
        self.load(payload)
        sql = (
            "SELECT concat(replaceOne(toString(timestamp), ' ', 'T'), 'Z') AS time, labels, level, "
            "base64Encode(body) AS body, trace_id, span_id, tenant, "
            f"attributes FROM ({finish(self._options)}) ORDER BY observed, body"
        )
        before = self.engine.arrow(sql)
        rows, tallies = parsing.apply(self.engine)
        after = before if rows is None else self.engine.arrow(rows.instead_of_stage(sql), rows.parameters)
        self.engine.command("TRUNCATE TABLE stage")
        for table in rows.tables if rows is not None else ():
            self.engine.command(f"DROP TEMPORARY TABLE IF EXISTS {table}")
        return Trial(before, after, tallies)

    def measure(self, parsing: Parsing, payload: Payload, rounds: int) -> Measured:
        """The pipelines run over a payload so many times; the fewest CPU-seconds and seconds of a round."""
        lines = self.load(payload)
        size = int(self.engine.arrow("SELECT sum(length(body)) AS n FROM stage")["n"][0].as_py())
        best: tuple[float, float] = (float("inf"), float("inf"))
        tallies: Sequence[Tally] = ()
        for _ in range(rounds):
            cpu, wall = time.process_time(), time.perf_counter()
            _, tallies = parsing.apply(self.engine)
            best = min(best, (time.process_time() - cpu, time.perf_counter() - wall))
        self.engine.command("TRUNCATE TABLE stage")
        return Measured(lines, size, *best, tallies)

    def check(self, pipelines: PipelineSet) -> Parsing:
        """The pipelines, compiled, once the engine has run each of them over a line.

        Raises ConfigError where it refuses one: what only the engine can tell, such as an expression that
        is no RE2.
        """
        parsing = Parsing(pipelines)
        self.engine.command("TRUNCATE TABLE stage")
        self.engine.command(_ONE_LINE)
        try:
            for program in parsing.programs:
                try:
                    parsing.prove(self.engine, program)
                except EngineError as error:
                    raise ConfigError(
                        f"{program.pipeline.place}: the engine refuses pipeline {program.pipeline.name}: "
                        f"{error.message}",
                        cure="look at its expressions; `prologue parse explain` shows the SQL",
                    ) from error
        finally:
            self.engine.command("TRUNCATE TABLE stage")
        return parsing


def lines_payload(
    data: bytes, labels: Mapping[str, str], *, params: Mapping[str, str] | None = None, tenant: str = _TENANT
) -> Payload:
    """Sample lines as a sender of text would push them."""
    return Payload(tenant, PayloadFormat.LINES, data, time.time_ns(), dict(labels), dict(params or {}))


def described(trial: Trial) -> dict[str, Any]:
    """A trial as JSON-ready data. `before` and `after` are records in order of arrival."""
    return {
        "before": records(trial.before),
        "after": records(trial.after),
        "pipelines": [
            {"name": one.pipeline, "lines": one.taken, "dropped": one.dropped, "failed": one.failed}
            for one in trial.tallies
        ],
    }


def records(table: Any) -> list[dict[str, Any]]:
    """The records of a Trial's table; bytes that are not UTF-8 are shown as replaced."""
    return [
        {
            "timestamp": row["time"],
            "tenant": row["tenant"],
            "level": row["level"],
            "body": base64.b64decode(row["body"]).decode("utf-8", "replace"),
            "labels": orjson.loads(row["labels"]),
            "attributes": dict(sorted(row["attributes"])),
            **{name: row[name] for name in ("trace_id", "span_id") if row[name]},
        }
        for row in table.to_pylist()
    ]
