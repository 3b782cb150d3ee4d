"""Arrow's IPC stream in pieces: Arrow hands its columns' own buffers on, and nobody puts them together."""

from __future__ import annotations

import io

import pyarrow as pa

Pieces = tuple[bytes | memoryview | pa.Buffer, ...]
"""Bytes that stand one behind the other without having been put together."""


class Held(io.RawIOBase):
    """A file that keeps what is written to it as it is, until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes | pa.Buffer] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes | pa.Buffer, /) -> int:  # type: ignore[override]  # what Arrow hands over
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> Pieces:
        """What was written since the last time."""
        taken, self._pieces = tuple(self._pieces), []
        return taken


def arrow_pieces(table: pa.Table) -> Pieces:
    """The table as an Arrow IPC stream."""
    held = Held()
    with pa.ipc.new_stream(pa.PythonFile(held, "w"), table.schema) as writer:
        writer.write_table(table)
    return held.take()
