"""The documented tables: what SQL sees of the store, for one tenant.

Each view is a WITH in front of the user's statement, with the tenant and the time range bound. A view
has the name of the table behind it and hides it; the views themselves name the tables with their
database, which the user's statement cannot (`check.py` takes no name with a dot).

docs/sql.md is the user's side of this module; a test compares the two.
Next chapter: `prologue.query.sqlapi.answers`.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import Bindings
from prologue.query.lower.scan import instant
from prologue.query.streams import Scope, scope_condition

EARLIEST = 0
LATEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column; `joined` where it is found through the line's stream."""

    name: str
    sql: str
    joined: bool = False


LOGS = (
    ViewColumn("timestamp", "timestamp"),
    ViewColumn("line", "body"),
    ViewColumn("level", "CAST(level, 'String')"),
    ViewColumn("service_name", "stream_labels['service_name']", joined=True),
    ViewColumn("labels", "stream_labels", joined=True),
    ViewColumn("structured_metadata", "attributes"),
    ViewColumn("trace_id", "trace_id"),
    ViewColumn("span_id", "span_id"),
    ViewColumn("severity_number", "severity_number"),
    ViewColumn("severity_text", "CAST(severity_text, 'String')"),
    ViewColumn("observed_timestamp", "observed"),
    ViewColumn("stream", "stream"),
)

STREAMS = (
    ViewColumn("day", "day"),
    ViewColumn("stream", "stream"),
    ViewColumn("service_name", "stream_labels['service_name']"),
    ViewColumn("labels", "stream_labels"),
)

VIEWS = {"logs": LOGS, "streams": STREAMS}

_LABELS = "CAST(any(labels), 'Map(String, String)') AS stream_labels"


def definitions(database: str, scope: Scope, bindings: Bindings, *, joined: bool) -> str:
    """The WITH elements. Without `joined` the columns found through the stream are left out."""
    logs = _logs(database, scope, bindings, joined=joined)
    return f"logs AS ({logs}), streams AS ({_streams(database, scope, bindings)})"


def joined_columns() -> frozenset[str]:
    """Columns of `logs` that cost a join."""
    return frozenset(column.name for column in LOGS if column.joined)


def _logs(database: str, scope: Scope, bindings: Bindings, *, joined: bool) -> str:
    columns = ", ".join(f"{column.sql} AS {column.name}" for column in LOGS if joined or not column.joined)
    conditions = [f"tenant = {bindings.text(scope.tenant)}"]
    if scope.start > EARLIEST:
        conditions.append(f"timestamp >= {instant(scope.start, bindings)}")
    if scope.end < LATEST:
        conditions.append(f"timestamp < {instant(scope.end, bindings)}")
    # The condition stands below the columns: there no alias can hide what it means.
    rows = f"SELECT * FROM {database}.logs WHERE {' AND '.join(conditions)}"
    if not joined:
        return f"SELECT {columns} FROM ({rows})"
    days = scope_condition(scope, bindings)
    labels = f"SELECT stream, {_LABELS} FROM {database}.streams WHERE {days} GROUP BY stream"
    return f"SELECT {columns} FROM ({rows}) AS l ANY LEFT JOIN ({labels}) AS r USING (stream)"


def _streams(database: str, scope: Scope, bindings: Bindings) -> str:
    columns = ", ".join(f"{column.sql} AS {column.name}" for column in STREAMS)
    rows = (
        f"SELECT day, stream, {_LABELS} FROM {database}.streams WHERE {scope_condition(scope, bindings)} "
        "GROUP BY day, stream"
    )
    return f"SELECT {columns} FROM ({rows})"
