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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pyarrow as pa

from prologue.logql.lower.sql import Statement
from prologue.model.errors import QueryError

Run = Callable[[Statement], pa.Table]
"""Answers a statement within the limits."""

JSON_SETTINGS = (
    "date_time_output_format = 'iso', output_format_json_quote_64bit_integers = 1, "
    "output_format_json_quote_denormals = 1, output_format_json_validate_utf8 = 1, "
    "output_format_json_escape_forward_slashes = 0, output_format_json_named_tuples_as_objects = 1"
)
"""64-bit numbers are strings, because JavaScript rounds them; NaN and infinities are strings too."""

_WRAPPED = re.compile(r"^(?:LowCardinality|Nullable)\((.+)\)$")
_AS_TEXT = re.compile(r"^(?:Enum(?:8|16)|IPv[46]|U?Int(?:128|256)|UUID|FixedString)\b")
# What the engine calls it differs from place to place.
_NAMELESS = re.compile(r"_subquery_?\d+")
_STATE = re.compile(r"\b(?:Simple)?AggregateFunction\(")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer; `type` in the engine's words, as in docs/sql.md."""

    name: str
    type: str


def describe(statement: Statement, run: Run) -> tuple[Column, ...]:
    """The columns of a SELECT, found without running it.

    Raises QueryError where two have one name, or one is an aggregate function's unfinished state.
    """
    table = run(replace(statement, sql=f"DESCRIBE ({statement.sql})"))
    names, types = table["name"].to_pylist(), table["type"].to_pylist()
    columns = tuple(Column(str(name), str(kind)) for name, kind in zip(names, types, strict=True))
    for column in columns:
        if names.count(column.name) > 1:
            raise QueryError(f"two columns are called {column.name!r}", cure="name each: ... AS another_name")
        if _NAMELESS.fullmatch(column.name):
            raise QueryError("a subquery's column has no name", cure="name it: (SELECT ...) AS a_name")
        if _STATE.search(column.type):
            raise QueryError(
                f"the column {column.name!r} is the state of an aggregation, not a value",
                cure="aggregate to the end: use sum, not sumState",
            )
    return columns


def arrow_table(statement: Statement, run: Run) -> pa.Table:
    """The rows as an Arrow table."""
    shown = ", ".join(_as_arrow(column) for column in describe(statement, run))
    return run(replace(statement, sql=f"SELECT {shown} FROM ({statement.sql})"))


@dataclass(frozen=True, slots=True)
class JsonRows:
    """`rows` are the pieces of a JSON array of arrays, one array a row; `count` how many rows."""

    columns: tuple[Column, ...]
    rows: Sequence[bytes | memoryview]
    count: int

    def body(self, seconds: float) -> Iterator[bytes | memoryview]:
        """The answer's body in pieces. `seconds` is what it took."""
        columns = [{"name": column.name, "type": column.type} for column in self.columns]
        yield b'{"status":"success","data":{"columns":' + orjson.dumps(columns) + b',"rows":['
        yield from self.rows
        stats = {"rows": self.count, "seconds": round(seconds, 6)}
        yield b"]}," + b'"stats":' + orjson.dumps(stats) + b"}"


def json_rows(statement: Statement, run: Run) -> JsonRows:
    """The rows as JSON, written by the engine."""
    columns = describe(statement, run)
    row = "concat(',', formatRowNoNewline('JSONCompactEachRow', *))"
    written = f"SELECT {row} AS row FROM ({statement.sql}) SETTINGS {JSON_SETTINGS}"
    table = run(replace(statement, sql=f"SELECT row FROM ({written})"))
    pieces = [text for chunk in table["row"].chunks if (text := _bytes_of(chunk))]
    if pieces:
        pieces[0] = pieces[0][1:]  # the first comma has nothing before it
    return JsonRows(columns, pieces, table.num_rows)


def quoted(name: str) -> str:
    """Any text as a name in SQL."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _as_arrow(column: Column) -> str:
    name = quoted(column.name)
    kind = column.type
    while wrapped := _WRAPPED.match(kind):
        kind = wrapped.group(1)
    value = name
    if kind == "String":
        value = f"toValidUTF8({name})"
    elif _AS_TEXT.match(kind):
        value = f"toString({name})"
    elif kind.startswith("DateTime") and not kind.startswith("DateTime64"):
        value = f"toDateTime64({name}, 0)"
    return f"{value} AS {name}" if value != name else name


def _bytes_of(chunk: pa.Array[Any]) -> memoryview:
    """The text of all rows of a string column, one after the other, without copying."""
    _, offsets, data = chunk.buffers()
    if offsets is None or data is None or not len(chunk):
        return memoryview(b"")
    ends = memoryview(offsets)
    ends = ends.cast("q") if pa.types.is_large_string(chunk.type) else ends.cast("i")
    return memoryview(data)[ends[chunk.offset] : ends[chunk.offset + len(chunk)]]
