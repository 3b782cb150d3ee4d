"""A pipeline's stages, one after the other, on rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from prologue.logql.log_nodes import (
    Decolorize,
    DropLabels,
    JsonParser,
    KeepLabels,
    LabelFilter,
    LabelFormat,
    LineFilter,
    LineFormat,
    LogfmtParser,
    Matcher,
    PatternParser,
    RegexpParser,
    Stage,
    UnpackParser,
)
from prologue.logql.lower.line_filters import index_hint, line_condition
from prologue.logql.lower.sql import EMPTY, column, expr
from prologue.model.errors import LimitError
from prologue.query.lower.environment import ERROR, ERROR_DETAILS, Filtered, filtered_value
from prologue.query.lower.formats import format_labels, format_line
from prologue.query.lower.label_filters import filter_labels
from prologue.query.lower.parsers import parse_json, parse_logfmt, parse_pattern, parse_regexp, parse_unpack
from prologue.query.lower.rows import Rows

MAX_STAGES = 100
# CSI sequences, and the two-character escapes: ECMA-48, section 5.
_ANSI = "\\x1b(?:\\[[0-?]*[ -/]*[@-~]|[@-Z\\\\-_])"


def run_stages(rows: Rows, stages: tuple[Stage, ...]) -> Rows:
    """The rows behind the last stage."""
    if len(stages) > MAX_STAGES:
        raise LimitError(
            f"the pipeline has {len(stages)} stages, the limit is {MAX_STAGES}",
            cure="join filters with `and` or `or`",
        )
    for stage in stages:
        rows = STAGES[type(stage)](rows, stage)
    return rows


def _filter_lines(rows: Rows, stage: LineFilter) -> Rows:
    bindings = rows.env.bindings
    if rows.line == column("body"):
        hint = index_hint(stage, bindings)
        rows = rows.where(hint) if hint is not None else rows
    return rows.where(line_condition(stage, rows.line, bindings))


def _decolorize(rows: Rows, stage: Decolorize) -> Rows:
    del stage  # it has no settings
    pattern = rows.env.bindings.text(_ANSI)
    rows, line = rows.compute(expr(f"replaceRegexpAll({rows.line}, {pattern}, '')", rows.line))
    return replace(rows, line=line)


def _drop(rows: Rows, stage: DropLabels) -> Rows:
    rows = _select(rows, stage.labels, keep=False)
    env = rows.env
    # A dropped error is forgotten: it no longer fails a metric query.
    env = replace(env, error=EMPTY) if ERROR in stage.labels else env
    env = replace(env, details=EMPTY) if ERROR_DETAILS in stage.labels else env
    return replace(rows, env=env)


def _keep(rows: Rows, stage: KeepLabels) -> Rows:
    return _select(rows, stage.labels, keep=True)


def _select(rows: Rows, labels: tuple[str | Matcher, ...], *, keep: bool) -> Rows:
    matchers = [label for label in labels if isinstance(label, Matcher)]
    values = {}
    for name in dict.fromkeys(matcher.name for matcher in matchers):
        same = [matcher for matcher in matchers if matcher.name == name]
        rows, before = rows.compute(rows.env.value(name))
        rows, values[name] = rows.compute(filtered_value(before, same, rows.env.bindings, keep=keep))
    return replace(rows, env=rows.env.after(Filtered(labels, keep, values)))


STAGES: MappingProxyType[type[Any], Callable[[Rows, Any], Rows]] = MappingProxyType(
    {
        LineFilter: _filter_lines,
        LabelFilter: filter_labels,
        JsonParser: parse_json,
        LogfmtParser: parse_logfmt,
        PatternParser: parse_pattern,
        RegexpParser: parse_regexp,
        UnpackParser: parse_unpack,
        LineFormat: format_line,
        LabelFormat: format_labels,
        Decolorize: _decolorize,
        DropLabels: _drop,
        KeepLabels: _keep,
    }
)
