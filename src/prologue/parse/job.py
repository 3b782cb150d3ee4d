"""What this package hands on: a source of rows and the SELECT that reads them as records.

The pipeline turns a job into the store's stage; `parse` and `store` do not know each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import IOBase
from typing import cast

import pyarrow as pa

Pieces = tuple[bytes | memoryview | pa.Buffer, ...]
"""Bytes that stand one behind the other without having been put together."""


@dataclass(frozen=True, slots=True)
class ParseJob:
    """One group of payloads that are read the same way.

    `select` contains `{source}` where the engine's rows go and yields RAW_COLUMNS;
    `format` and `structure` tell the engine how to read `data`; `parameters` are bound. `rows` is
    the number of records, or None where only the engine can count them. `undecided`: behind RAW_COLUMNS
    the select yields `level`, and '' for so many rows, whose levels the engine is to find.
    """

    format: str
    structure: str
    data: Pieces
    select: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    rows: int | None = None
    undecided: int | None = None


def arrow_pieces(table: pa.Table) -> Pieces:
    """The table as an Arrow IPC stream whose columns are not copied."""
    sink = _Pieces()
    with pa.ipc.new_stream(pa.PythonFile(cast("IOBase", sink), "w"), table.schema) as writer:
        writer.write_table(table)
    return tuple(sink.pieces)


class _Pieces:
    """A file that keeps what is written to it as it is; Arrow hands it its columns' own buffers."""

    closed = False

    def __init__(self) -> None:
        self.pieces: list[bytes | memoryview | pa.Buffer] = []

    def write(self, piece: bytes | pa.Buffer) -> int:
        self.pieces.append(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is held open."""
