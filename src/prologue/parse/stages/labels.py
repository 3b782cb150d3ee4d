"""`labels`: attributes become labels of the stream, labels get other names, fixed values or go.

A stream is a set of labels, and many streams of few lines each are slow to ask for: promote what has few
values. A label's name is made valid (`k8s.pod` becomes `k8s_pod`).
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import Expr, expr
from prologue.model.labels import sanitize_name
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.kind import StageKind


@dataclass(frozen=True, slots=True)
class Labels:
    """`promote` and `rename` map what is there to the label it becomes."""

    promote: tuple[tuple[str, str], ...]
    rename: tuple[tuple[str, str], ...]
    fixed: tuple[tuple[str, str], ...]
    remove: tuple[str, ...]


def read(options: Options) -> Labels:
    node = Labels(
        tuple((name, sanitize_name(name)) for name in options.texts("promote", ())),
        tuple((old, sanitize_name(new)) for old, new in options.mapping("rename", {}).items()),
        tuple((sanitize_name(name), value) for name, value in options.mapping("set", {}).items()),
        options.texts("remove", ()),
    )
    if not (node.promote or node.rename or node.fixed or node.remove):
        options.refuse("", "nothing is named", "write `labels: [name]`, or promote, rename, set or remove")
    return node


def lower(node: Labels, rows: Rows) -> None:
    values: list[tuple[str, Expr]] = []
    for name, label in node.promote:
        value = rows.compute(rows.attribute(name) if name != "severity_text" else rows.column(name))
        values.append((label, value))
    labels = rows.column("labels")
    for old, new in node.rename:
        values.append((new, expr(f"JSONExtractString({labels}, {rows.bindings.text(old)})", labels)))
    values += [(name, Expr(rows.bindings.text(value))) for name, value in node.fixed]
    gone = (*node.remove, *(old for old, _ in node.rename))
    set_labels(rows, values, gone)
    if node.promote:
        rows.remove(tuple(name for name, _ in node.promote if name != "severity_text"))


def set_labels(rows: Rows, values: list[tuple[str, Expr]], gone: tuple[str, ...] = ()) -> None:
    """The stream's labels with these in place of what they had; an empty value leaves what was there.

    The text is canonical as `prologue.model.labels.canonical` writes it: sorted, one spelling of escapes.
    """
    labels = rows.column("labels")
    pairs = f"JSONExtractKeysAndValues({labels}, 'String')"
    if gone:
        pairs = f"arrayFilter(p -> p.1 NOT IN {rows.bindings.texts(gone)}, {pairs})"
    held = rows.compute(expr(pairs, labels))
    listed = ", ".join(f"({rows.bindings.text(name)}, {value})" for name, value in values)
    new = f"arrayFilter(p -> p.2 != '', CAST([{listed}], 'Array(Tuple(String, String))'))" if values else "[]"
    added = rows.compute(expr(new, *(value for _, value in values)))
    names = f"arrayMap(p -> p.1, {added})"
    kept = f"arrayFilter(p -> NOT has({names}, p.1), {held})" if values else str(held.sql)
    whole = f"arraySort(p -> p.1, arrayConcat({kept}, {added}))" if values else f"arraySort(p -> p.1, {kept})"
    members = rows.compute(expr(whole, held, added))
    written = f"arrayMap(p -> concat(toJSONString(p.1), ':', toJSONString(p.2)), {members})"
    text = expr(f"concat('{{', arrayStringConcat({written}, ','), '}}')", members)
    rows.assign("labels", text)


STAGE = StageKind(read, lower, main="promote", moves=True)
