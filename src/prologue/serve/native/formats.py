"""The form of an answer, by the request's `Accept` header."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from starlette.responses import Response, StreamingResponse

from prologue.model.arrow_stream import Held
from prologue.model.errors import UserError
from prologue.query.tabular.result import JsonRows

if TYPE_CHECKING:
    pass


class Format(enum.StrEnum):
    """Media types a table can be answered in."""

    JSON = "application/json"
    ARROW = "application/vnd.apache.arrow.stream"
    PARQUET = "application/vnd.apache.parquet"


_MEDIA = frozenset(form.value for form in Format)
_WILDCARDS = ("*/*", "application/*")


def accepted(header: str) -> Format:
    """The format the client likes best; JSON where it does not care.

    >>> accepted("application/vnd.apache.parquet;q=0.9, application/json;q=0.1").name
    'PARQUET'

    Raises UserError with code `not_acceptable` where it takes none of ours.
    """
    if not header.strip():
        return Format.JSON
    liked = sorted((_weighted(part) for part in header.split(",")), key=lambda pair: -pair[1])
    for media, weight in liked:
        if weight > 0 and media in _WILDCARDS:
            return Format.JSON
        if weight > 0 and media in _MEDIA:
            return Format(media)
    raise UserError(
        f"the answer cannot be written as {header[:100]!r}",
        cure="accept " + ", ".join(Format),
        code="not_acceptable",
    )


def rows_response(rows: JsonRows, seconds: float) -> Response:
    """Rows as JSON; `seconds` is what they took."""
    return StreamingResponse(rows.body(seconds), media_type=Format.JSON.value)


def table_response(table: pa.Table, form: Format) -> Response:
    """An Arrow table as an IPC stream or a Parquet file."""
    if form is Format.PARQUET:
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        return Response(sink.getvalue().to_pybytes(), media_type=form.value)
    return StreamingResponse(_ipc_stream(table), media_type=form.value)


def _ipc_stream(table: pa.Table) -> Iterator[bytes]:
    """The messages of an IPC stream, batch by batch, so that no copy of all of it is made."""
    held = Held()
    with pa.ipc.new_stream(pa.PythonFile(held, "w"), table.schema) as writer:
        for batch in table.to_batches(max_chunksize=65_536):
            writer.write_batch(batch)
            yield b"".join(held.take())
    yield b"".join(held.take())


def _weighted(part: str) -> tuple[str, float]:
    media, *options = (piece.strip().lower() for piece in part.split(";"))
    for option in options:
        name, _, value = option.partition("=")
        if name.strip() == "q":
            try:
                return media, float(value)
            except ValueError as error:
                raise UserError(f"{option!r} in Accept is not a weight", cure="write q=0.5") from error
    return media, 1.0
