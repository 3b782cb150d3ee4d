"""Custom parsers at work: between a batch that is staged and its insert.

What a pipeline matches is selected out of the stage, parsed, and kept in a temporary table of its own; the
rest is not touched and not copied: the writer then reads the stage less what was taken, and the tables. A
pipeline whose selector fits no label set of the batch costs one look at the distinct label sets, shared by
all pipelines.

A program is a pure function of the batch, so a batch that is tried again comes out the same. (What happens
where the pipelines have changed in between is told in `prologue.store.writer`.)

Next chapter: `prologue.store.writer`, which inserts what comes out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prologue.model.errors import EngineError
from prologue.parse.columns import RAW_COLUMNS
from prologue.parse.pipelines.compile import ROWS, Outside, Program, Select, compile_set
from prologue.parse.pipelines.nodes import PipelineSet
from prologue.parse.pipelines.rows import DETAILS, ERROR, MAP
from prologue.pipeline.outside import run_outside
from prologue.store.engine import Engine
from prologue.store.stage import CREATE_STAGE, Rows
from prologue.telemetry import metrics

logger = logging.getLogger(__name__)

SETTINGS: dict[str, str | int | float] = {
    # A column that others are made of is computed once: see `prologue.parse.pipelines.rows`.
    "query_plan_merge_expressions": 0,
    "short_circuit_function_evaluation": "enable",
    # Beyond 1,000 pairs in one line the engine would refuse the statement, and with it everybody's lines.
    "extract_key_value_pairs_max_pairs_per_row": 0,
}
_COLUMNS = ", ".join(RAW_COLUMNS)
_STAGE_TYPES = CREATE_STAGE.partition("stage\n(")[2].rpartition(")\nENGINE")[0]
_CARRIED_TYPES = ", original String, failed UInt8, chosen UInt8"


@dataclass(frozen=True, slots=True)
class Tally:
    """What one pipeline did to a batch: lines it took, lines it dropped, lines on which it failed.

    `joins`: those that it dropped are also lines that went into others (`multiline`).
    """

    pipeline: str
    taken: int
    dropped: int
    failed: int
    joins: bool = False

    def count(self) -> None:
        """Into the metrics: once for a batch, when it is stored."""
        metrics.PARSER_LINES.labels(self.pipeline).inc(self.taken)
        metrics.PARSER_DROPPED.labels(self.pipeline).inc(self.dropped)
        metrics.PARSER_ERRORS.labels(self.pipeline).inc(self.failed)


@dataclass(slots=True)
class _Batch:
    """A batch on its way through the programs. `pieces` are SELECTs of RAW_COLUMNS that make it up."""

    engine: Engine
    pieces: list[str]
    parameters: dict[str, object] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)

    def rows(self) -> str:
        return f"({' UNION ALL '.join(self.pieces)})"

    def table(self, extra: str = "") -> str:
        """A new temporary table of the raw columns and more."""
        name = f"parsing_{len(self.tables)}"
        self.engine.command(f"DROP TEMPORARY TABLE IF EXISTS {name}")
        self.engine.command(f"CREATE TEMPORARY TABLE {name} ({_STAGE_TYPES}{extra}) ENGINE = Memory")
        self.tables.append(name)
        return name

    def fill(self, table: str, columns: str, select: Select, rows: str) -> None:
        """`INSERT INTO table SELECT`, over these rows."""
        self.engine.command(
            f"INSERT INTO {table} ({columns}) {select.sql.replace(ROWS, rows)}",
            {**self.parameters, **select.parameters},
            SETTINGS,
        )

    def count(self, table: str) -> tuple[int, int]:
        """Rows of a table, and those with an error."""
        row = self.engine.arrow(
            f"SELECT count() AS n, countIf(mapContains(attributes, '{ERROR}')) AS failed FROM {table}"
        ).to_pylist()[0]
        return int(row["n"]), int(row["failed"])


After = Callable[[Engine, str, Mapping[str, object]], Sequence[Program]]
"""Programs for a batch, given the relation of its rows and that relation's bound values."""


class Parsing:
    """The programs of one pipeline set. Immutable; used from several threads at once."""

    def __init__(self, pipelines: PipelineSet) -> None:
        self.pipelines = pipelines
        self._programs = compile_set(pipelines)

    @property
    def programs(self) -> Sequence[Program]:
        return self._programs

    def apply(self, engine: Engine, after: After | None = None) -> tuple[Rows | None, list[Tally]]:
        """Run every pipeline over the engine's `stage`: what the batch is now, None where it is the stage.

        `after` answers programs to run when these are done. The answer reads temporary tables of this
        connection, which the next call replaces.
        """
        if not self._programs and after is None:
            return None, []
        batch = _Batch(engine, [f"SELECT {_COLUMNS} FROM stage"])
        tallies = []
        fitting = set(self._fitting(batch, range(len(self._programs))))
        for number, program in enumerate(self._programs):
            if number not in fitting:
                continue
            tally = self._run(batch, program)
            if tally is None:
                continue
            tallies.append(tally)
            if program.moves:
                fitting |= set(self._fitting(batch, range(number + 1, len(self._programs))))
        for program in after(engine, batch.rows(), batch.parameters) if after else ():
            tally = self._run(batch, program)
            tallies += [tally] if tally is not None else []
        if not tallies:
            return None, []
        return Rows(" UNION ALL ".join(batch.pieces), dict(batch.parameters), tuple(batch.tables)), tallies

    def prove(self, engine: Engine, program: Program) -> None:
        """Run one program over the whole stage, whatever it matches, and keep nothing. Raises EngineError
        where the engine refuses it."""
        batch = _Batch(engine, [f"SELECT {_COLUMNS} FROM stage"])
        list(self._fitting(batch, range(len(self._programs))))
        self._select(batch, program)
        self._parse(batch, program, f"(SELECT {_COLUMNS} FROM stage)")

    def _fitting(self, batch: _Batch, numbers: range) -> Iterator[int]:
        """Which of these programs' selectors fit a label set of the batch."""
        programs = [(number, self._programs[number]) for number in numbers]
        asked = [(number, program) for number, program in programs if program.labels.sql]
        yield from (number for number, program in programs if not program.labels.sql)
        if not asked:
            return
        tests = ", ".join(f"max({program.labels.sql}) AS m{number}" for number, program in asked)
        parameters: dict[str, object] = dict(batch.parameters)
        for _, program in asked:
            parameters |= program.labels.parameters
        row = batch.engine.arrow(
            f"SELECT {tests} FROM (SELECT DISTINCT toString(labels) AS labels FROM {batch.rows()})",
            parameters,
        ).to_pylist()[0]
        yield from (number for number, _ in asked if row[f"m{number}"])

    def _run(self, batch: _Batch, program: Program) -> Tally | None:
        """One pipeline over what it matches, which leaves the batch's pieces and comes back as a table."""
        held = batch.pieces
        source = self._select(batch, program)
        taken, before = self._size(batch, source, program)
        if taken == 0:
            batch.pieces = held
            return None
        try:
            table = self._parse(batch, program, source)
        except EngineError as error:
            if any(step.kind == "redact" for step in program.pipeline.steps):
                raise  # better late than stored with what must not be
            logger.error("pipeline %s leaves %d lines whole: %s", program.pipeline.name, taken, error.message)
            table = self._whole(batch, source, error.message)
        batch.pieces.append(f"SELECT {_COLUMNS} FROM {table}")
        rows, failed = batch.count(table)
        joins = program.pipeline.steps[0].kind == "multiline"
        return Tally(program.pipeline.name, taken, taken - rows, max(0, failed - before), joins)

    def _parse(self, batch: _Batch, program: Program, source: str) -> str:
        """The table of what the program's parts make of the source, one after the other."""
        table = ""
        for part in program.parts:
            if isinstance(part, Outside):
                table = batch.table(_CARRIED_TYPES)
                run_outside(batch.engine, part, source, table)
            else:
                table = self._into_table(batch, part, source, last=part is program.parts[-1])
            source = f"(SELECT * FROM {table})"
        return table

    def _whole(self, batch: _Batch, source: str, why: str) -> str:
        """The table of lines that the engine cannot parse, kept as they came."""
        errors = f"map('{ERROR}', 'PipelineErr', '{DETAILS}', {{why:String}})"
        columns = ", ".join(RAW_COLUMNS[:-1])
        table = batch.table()
        sql = f"SELECT {columns}, mapUpdate(attributes, CAST({errors}, '{MAP}')) AS attributes FROM {source}"
        batch.fill(table, _COLUMNS, Select(sql, {"why": why[:1000]}), source)
        return table

    def _select(self, batch: _Batch, program: Program) -> str:
        """The rows of the batch that the pipeline matches; the pieces keep the others."""
        labels = program.labels.sql or "true"
        batch.parameters |= program.labels.parameters
        chosen = f"(SELECT {_COLUMNS} FROM {batch.rows()} WHERE {labels})"
        if program.taken is not None:
            split = batch.table(", taken UInt8")
            batch.fill(split, f"{_COLUMNS}, taken", program.taken, chosen)
            chosen = f"(SELECT {_COLUMNS} FROM {split} WHERE taken)"
        others = (
            []
            if labels == "true"
            else [f"SELECT * FROM ({piece}) WHERE NOT ({labels})" for piece in batch.pieces]
        )
        if program.taken is not None:
            others.append(f"SELECT {_COLUMNS} FROM {split} WHERE NOT taken")
        batch.pieces = others
        return chosen

    def _size(self, batch: _Batch, source: str, program: Program) -> tuple[int, int]:
        sql = f"SELECT count() AS n, countIf(mapContains(attributes, '{ERROR}')) AS failed FROM {source}"
        row = batch.engine.arrow(sql, {**batch.parameters, **program.labels.parameters}).to_pylist()[0]
        return int(row["n"]), int(row["failed"])

    def _into_table(self, batch: _Batch, part: Select, source: str, *, last: bool) -> str:
        table = batch.table("" if last else _CARRIED_TYPES)
        columns = _COLUMNS if last else f"{_COLUMNS}, original, failed, chosen"
        batch.fill(table, columns, part, source)
        return table


class Parsers:
    """The pipelines in force. A batch is parsed by those that are when it is begun, whatever comes after."""

    def __init__(self, pipelines: PipelineSet | None = None) -> None:
        self._now = Parsing(pipelines or PipelineSet())

    @property
    def now(self) -> Parsing:
        return self._now

    def replace(self, parsing: Parsing) -> None:
        """From here on these, for batches that are not begun yet."""
        self._now = parsing
