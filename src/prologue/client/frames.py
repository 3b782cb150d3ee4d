"""Answers as tables: what `Client.query` and `Client.sql` give to a notebook or a program.

The server answers as an Arrow IPC stream, so a column of a million values is one block of memory here
and not a million objects. polars and pandas are taken where they are installed.

Next chapter: `prologue.client.moments`, how times can be given.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from prologue.model.errors import PrologueError, UserError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

MEDIA_TYPE = "application/vnd.apache.arrow.stream"
_SHOWN_ROWS = 20
_SHOWN_CHARACTERS = 120


class Frame:
    """The rows of one answer. Shows its first rows in a notebook."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __len__(self) -> int:
        return self._table.num_rows

    @property
    def columns(self) -> list[str]:
        """The columns' names in order."""
        return self._table.column_names

    def to_arrow(self) -> pa.Table:
        """The rows as an Arrow table. Times are `timestamp[ns, UTC]`, labels are maps."""
        return self._table

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a pandas data frame; labels are dictionaries."""
        try:
            return self._table.to_pandas(maps_as_pydicts="strict")
        except ImportError as error:
            raise _missing("pandas") from error

    def to_polars(self) -> pl.DataFrame:
        """The rows as a polars data frame; labels are lists of `{key, value}`."""
        try:
            import polars  # noqa: PLC0415 - an extra: only who asks for it needs it
        except ImportError as error:
            raise _missing("polars") from error
        frame = polars.from_arrow(self._table)
        assert isinstance(frame, polars.DataFrame)
        return frame

    def rows(self) -> list[dict[str, Any]]:
        """The rows as dictionaries. Times are Unix ns, as everywhere in Prologue; labels are dictionaries."""
        import pyarrow as pa  # noqa: PLC0415 - doubles a command's start

        table = self._table
        for place, field in enumerate(table.schema):
            if pa.types.is_timestamp(field.type):
                ns = table.column(place).cast(pa.timestamp("ns", field.type.tz)).cast(pa.int64())
                table = table.set_column(place, field.name, ns)
        return table.to_pylist(maps_as_pydicts="strict")

    def __repr__(self) -> str:
        return f"<{len(self)} rows: {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        """The first rows as an HTML table, for notebooks. Everything of a log line is escaped."""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        shown = self._table.slice(0, _SHOWN_ROWS)
        body = "".join(_html_row(row, self.columns) for row in Frame(shown).to_pandas().to_dict("records"))
        more = len(self) - shown.num_rows
        note = f"<p>and {more} more rows</p>" if more else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def read_frame(body: bytes) -> Frame:
    """The frame of an Arrow IPC stream. Raises PrologueError where the body is none."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    try:
        with pa.ipc.open_stream(body) as reader:
            return Frame(reader.read_all())
    except pa.ArrowException as error:
        raise PrologueError(
            f"the answer is not an Arrow stream: {error}",
            cure="check that the address is Prologue's, and that nothing in between rewrites answers",
        ) from error


def _html_row(row: dict[Any, Any], columns: list[str]) -> str:
    cells = (str(row[name]) for name in columns)
    short = (text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…" for text in cells)
    return "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in short) + "</tr>"


def _missing(package: str) -> UserError:
    return UserError(
        f"{package} is not installed", cure=f"pip install {package}, or 'prologue-logs[notebook]'"
    )
