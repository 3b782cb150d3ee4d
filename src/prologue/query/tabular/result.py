"""One SELECT in the form that was asked for: Arrow, or rows as JSON that the engine has written.

The engine is first asked what the columns are (`DESCRIBE`). Types that Arrow has no name for, which
the engine would hand over as raw integers or bytes, are made what they mean: a DateTime is a
timestamp, an Enum its name, an address or a 128-bit number its text. Text becomes valid UTF-8.
JSON rows come out of the engine as text, a string column whose bytes are already the answer, so
neither form makes a Python object for each row.

Next chapter: `prologue.serve.native`, which puts it on HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from prologue.query.sql import Statement

Run = Callable[[Statement], pa.Table]
"""Answers a statement within the limits."""

JSON_SETTINGS = (
    "date_time_output_format = 'iso', output_format_json_quote_64bit_integers = 1, "
    "output_format_json_quote_denormals = 1, output_format_json_validate_utf8 = 1, "
    "output_format_json_escape_forward_slashes = 0, output_format_json_named_tuples_as_objects = 1"
)
"""64-bit numbers are strings, because JavaScript rounds them; NaN and infinities are strings too."""

_WRAPPED = re.compile(r"^(?:LowCardinality|Nullable)\((.+)\)$")
_AS_TEXT = re.compile(r"^(?:Enum(?:8|16)|IPv[46]|U?Int(?:128|256)|UUID|Interval\w+|Decimal256)\b")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer; `type` in the engine's words, as in docs/sql.md."""

    name: str
    type: str


def describe(statement: Statement, run: Run) -> tuple[Column, ...]:
    """The columns of a SELECT, without reading rows. Raises the errors that running it would."""
    # Parentheses around DESCRIBE: it answers in no format of its own otherwise.
    table = run(Statement(f"SELECT name, type FROM (DESCRIBE ({statement.sql}))", statement.parameters))
    return tuple(Column(row["name"], row["type"]) for row in table.to_pylist())


def arrow_table(statement: Statement, run: Run) -> pa.Table:
    """The rows as an Arrow table of the columns' own meaning."""
    columns = describe(statement, run)
    if len({column.name for column in columns}) < len(columns):
        # Two columns of one name cannot be told apart from outside; the engine hands over both as they are.
        return run(statement)
    shown = ", ".join(f"{_meaning(column)} AS {quoted(column.name)}" for column in columns)
    return run(Statement(f"SELECT {shown} FROM ({statement.sql})", statement.parameters))
