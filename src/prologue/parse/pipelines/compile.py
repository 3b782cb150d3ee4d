"""A pipeline compiled: frozen nodes in, SELECTs with bound values out.

Stages become engine expressions in one SELECT, until one that runs outside the engine (`BatchStage`);
there the pipeline is cut, and what follows is a SELECT of its own over what the stage hands back.

Next chapter: `prologue.pipeline.parsing`, which runs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prologue.logql.lower.sql import Bindings, Expr, column, expr
from prologue.parse.columns import RAW_COLUMNS
from prologue.parse.pipelines.nodes import Match, Pipeline, PipelineSet, Step
from prologue.parse.pipelines.predicates import holds, selects
from prologue.parse.pipelines.rows import PARSED_BY, Rows
from prologue.parse.stages.batch import BatchStage
from prologue.parse.stages.catalog import STAGES

ROWS = "{rows}"
"""Stands in a SELECT for the relation it reads."""


@dataclass(frozen=True, slots=True)
class Select:
    """A SELECT over `{rows}` with its bound values."""

    sql: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Outside:
    """A stage outside the engine, between two SELECTs; `where` names it in `__error_details__`."""

    stage: BatchStage
    where: str


@dataclass(frozen=True, slots=True)
class Program:
    """A pipeline, ready to run. Names of its bound values are unlike those of the set's other programs.

    `labels` is a condition on the column `labels`, '' where any label set will do. `taken` reads
    RAW_COLUMNS and adds whether the line is matched, a UInt8 `taken`; None where the labels decide alone.
    `parts` alternate: a Select, then an Outside, then a Select. The first reads RAW_COLUMNS; all Selects but
    the last yield CARRIED, the last one RAW_COLUMNS. `moves`: labels or tenants may be others afterwards.
    """

    pipeline: Pipeline
    labels: Select
    taken: Select | None
    parts: tuple[Select | Outside, ...]
    moves: bool


def compile_set(pipelines: PipelineSet) -> tuple[Program, ...]:
    return tuple(compile_pipeline(one, f"n{number}_") for number, one in enumerate(pipelines.pipelines))


def compile_pipeline(pipeline: Pipeline, prefix: str = "n_") -> Program:
    """The pipeline's program."""
    bindings = Bindings(prefix)
    parts: list[Select | Outside] = []
    numbered = list(enumerate(pipeline.steps, 1))
    while True:
        cut = next((i for i, (_, step) in enumerate(numbered) if isinstance(step.node, BatchStage)), None)
        rows = Rows(ROWS, bindings, carries=bool(parts))
        for number, step in numbered[:cut]:
            _lower(rows, _where(pipeline, number, step), step)
        if cut is None:
            if pipeline.adds_only:
                rows.keep_what_came()
            sql = rows.finished(pipeline.stamp, keep_original=pipeline.keep_original)
            parts.append(Select(sql, bindings.values))
            break
        number, step = numbered[cut]
        where = _where(pipeline, number, step)
        _begin(rows, where, step)
        parts.append(Select(rows.carried(), bindings.values))
        assert isinstance(step.node, BatchStage)
        parts.append(Outside(step.node, where))
        numbered = numbered[cut + 1 :]
    labels = Select(selects(pipeline.match, "labels", bindings), bindings.values)
    moves = any(STAGES[step.kind].moves for step in pipeline.steps)
    return Program(pipeline, labels, _taken(pipeline.match, bindings), tuple(parts), moves)


def _where(pipeline: Pipeline, number: int, step: Step) -> str:
    return f"{pipeline.name}, stage {number} ({step.kind})"


def _begin(rows: Rows, where: str, step: Step) -> None:
    rows.begin(where, step, always=STAGES[step.kind].always)
    if step.when is not None and (condition := holds(step.when, rows)) is not None:
        rows.narrow(condition)


def _lower(rows: Rows, where: str, step: Step) -> None:
    _begin(rows, where, step)
    STAGES[step.kind].lower(step.node, rows)


def _taken(match: Match, bindings: Bindings) -> Select | None:
    """RAW_COLUMNS and whether the match's filters hold."""
    rows = Rows(ROWS, bindings)
    conditions: list[Expr] = []
    if match.unparsed:
        stamp = expr(f"attributes[{bindings.text(PARSED_BY)}] = ''", column("attributes"))
        conditions.append(stamp)
    filters = holds(match, rows)
    conditions += [filters] if filters is not None else []
    if not conditions:
        return None
    joined = expr(" AND ".join(f"({part})" for part in conditions), *conditions)
    return Select(rows.selected(f"{', '.join(RAW_COLUMNS)}, toUInt8({joined}) AS taken"), bindings.values)
