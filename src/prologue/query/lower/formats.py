"""`line_format` and `label_format`: a template's text becomes the line or a label.

Where a template fails the line or label stays as it was and `__error__` is `TemplateFormatErr`.
"""

from __future__ import annotations

from prologue.logql.log_nodes import LabelFormat, LabelRename, LineFormat
from prologue.logql.lower.sql import EMPTY, Expr, expr
from prologue.logql.template_nodes import Template
from prologue.query.lower.environment import Assigned
from prologue.query.lower.errors import with_error
from prologue.query.lower.rows import Rows
from prologue.query.lower.templates.render import render

TEMPLATE_ERROR = "'TemplateFormatErr'"


def format_line(rows: Rows, stage: LineFormat) -> Rows:
    """The template's text becomes the line."""
    rows, line = _printed(rows, stage.template, rows.line)
    return rows.with_line(line)


def format_labels(rows: Rows, stage: LabelFormat) -> Rows:
    """Labels in the order written: each sees those set before it."""
    for one in stage.formats:
        if isinstance(one, LabelRename):
            rows, value = rows.compute(rows.env.value(one.source))
            values: dict[str, Expr] = {one.source: EMPTY, one.target: value}
        else:
            rows, value = _printed(rows, one.template, rows.env.value(one.target))
            values = {one.target: value}
        rows = rows.with_env(rows.env.after(Assigned(values)))
    return rows


def _printed(rows: Rows, template: Template, before: Expr) -> tuple[Rows, Expr]:
    rendered = render(rows, template)
    if rendered.fails is None:
        return rows.compute(rendered.text)
    fails, made = rendered.fails, rendered.text
    rows, failed = rows.compute(expr(f"toUInt8({fails})", fails))
    rows, value = rows.compute(expr(f"if({failed}, {before}, {made})", failed, before, made))
    return with_error(rows, failed, TEMPLATE_ERROR, "'the template divides by zero'"), value
