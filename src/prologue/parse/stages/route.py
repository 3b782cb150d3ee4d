"""`route`: lines go to another tenant, or are kept for another class of retention.

Both are the operator's words, never a line's: who writes logs must not choose whose they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prologue.logql.lower.sql import Expr
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.kind import StageKind
from prologue.parse.stages.labels import set_labels

_TENANT = re.compile(r"[a-zA-Z0-9!\-_.*'()]{1,150}")


@dataclass(frozen=True, slots=True)
class Route:
    """'' leaves it as it is."""

    tenant: str
    retention: str


def read(options: Options) -> Route:
    node = Route(options.text("tenant", ""), options.text("retention", ""))
    if not (node.tenant or node.retention):
        options.refuse("", "neither tenant nor retention is named", "write `route: {retention: audit}`")
    if node.tenant and (not _TENANT.fullmatch(node.tenant) or node.tenant in (".", "..")):
        options.refuse("tenant", f"{node.tenant!r} is no tenant", "use letters, digits and !-_.*'()")
    return node


def lower(node: Route, rows: Rows) -> None:
    if node.tenant:
        rows.assign("tenant", Expr(rows.bindings.text(node.tenant)))
    if node.retention:
        set_labels(rows, [("retention_class", Expr(rows.bindings.text(node.retention)))])


STAGE = StageKind(read, lower, moves=True)
