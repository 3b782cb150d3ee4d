"""`line_format` and `label_format`: templates become SQL expressions over labels."""

from __future__ import annotations

from dataclasses import replace

from prologue.query.lower.environment import Assigned
from prologue.query.lower.rows import Rows
from prologue.query.lower.template_sql import template_text
from prologue.query.sql import EMPTY, Expr
from prologue.query.syntax.log_nodes import LabelFormat, LabelRename, LineFormat


def format_line(rows: Rows, stage: LineFormat) -> Rows:
    """The template's text becomes the line."""
    rows, line = rows.compute(template_text(rows, stage.template))
    return replace(rows, line=line)


def format_labels(rows: Rows, stage: LabelFormat) -> Rows:
    """Labels in the order written: each sees those set before it."""
    for one in stage.formats:
        if isinstance(one, LabelRename):
            rows, value = rows.compute(rows.env.value(one.source))
            values: dict[str, Expr] = {one.source: EMPTY, one.target: value}
        else:
            rows, value = rows.compute(template_text(rows, one.template))
            values = {one.target: value}
        rows = replace(rows, env=rows.env.after(Assigned(values)))
    return rows
