"""chDB, the ClickHouse engine inside this process.

Rows enter through a memory file: the bytes are put into an anonymous file (`memfd_create`) that the
engine reads as `/proc/self/fd/N`, so nothing touches the disk between the buffer's segment and the
table's part. The file is kept from one batch to the next, because a page that is written for the first
time costs more than what is written into it. `INSERT ... SELECT` reads it, and computes columns on the
way. (`input()` succeeds under chDB and stores nothing; the driver's own inserts write a temporary file
each.)

The engine allows one process per directory and one directory per process; every `EmbeddedEngine` of
a process is a connection of its own to the same engine.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError

from prologue.model.errors import EngineUnavailable
from prologue.store.engine import NONE, Parameters, Settings, Source, Usage
from prologue.store.errors import engine_errors

# The first answer after a failure may carry the leftovers; the second shows that they are gone.
_DRAIN_TRIES = 3
_BINDING = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]*):")
# The engine starts with the first connection, and all connections have to name the same file.
_CONFIGURATION = Path(__file__).with_name("engine.xml")


class EmbeddedEngine:
    """A connection to the engine at `path`; see `prologue.store.engine.Engine` for its duties."""

    def __init__(self, path: Path, *, database: str = "default", settings: Settings | None = None) -> None:
        self._lock = threading.Lock()
        try:
            self._client: Any = clickhouse_connect.get_client(
                interface="chdb",
                path=str(path),
                database=database,
                settings=dict(settings or {}),
                chdb_options={"config-file": str(_CONFIGURATION)},
            )
        except (ClickHouseError, RuntimeError) as error:
            raise EngineUnavailable(
                f"the engine cannot open {path}: {error}",
                cure="stop the other process that uses this directory, or choose another with --data-dir",
            ) from error
        self._usage = Usage()
        self._file: MemoryFile | None = None
        # The driver's own summary counts the rows of the answer. What a query read only the engine's
        # progress tells, on the chDB connection that the driver keeps for itself.
        cast("Any", self._client)._backend._handle.conn.set_progress_callback(self._progressed)

    def command(self, sql: str, parameters: Parameters = NONE, settings: Settings = NONE) -> None:
        with self._call():
            self._execute(sql, parameters, settings)

    def arrow(self, sql: str, parameters: Parameters = NONE, settings: Settings = NONE) -> pa.Table:
        with self._call():
            table = self._client.query_arrow(
                _with_settings(sql, settings), parameters=_bound(sql, parameters), use_strings=True
            )
        return cast("pa.Table", table)

    def insert_select(
        self, into: str, select: str, source: Source, parameters: Parameters = NONE, settings: Settings = NONE
    ) -> None:
        with self._call():
            self._file = self._file or MemoryFile()
            rows = f"file('{self._file.hold(source.data)}', '{source.format}', '{source.structure}')"
            self._execute(f"INSERT INTO {into} {select.replace('{source}', rows)}", parameters, settings)

    @property
    def usage(self) -> Usage:
        return self._usage

    def rest(self) -> None:
        with self._lock:
            self._drop_file()
        self.command("SYSTEM JEMALLOC PURGE")

    def close(self) -> None:
        with self._lock:
            self._drop_file()
            self._client.close()

    def _execute(self, sql: str, parameters: Parameters, settings: Settings) -> None:
        self._client.command(_with_settings(sql, settings), parameters=_bound(sql, parameters))

    def _drop_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _progressed(self, progress: Mapping[str, int]) -> None:
        """Called by the engine ten times a second and at the end, with totals so far."""
        self._usage = Usage(progress["read_rows"], progress["read_bytes"])

    @contextmanager
    def _call(self) -> Iterator[None]:
        """One call at a time; whatever a failed one left behind is gone before the next."""
        with self._lock, engine_errors():
            self._usage = Usage()
            try:
                yield
            except ClickHouseError:
                usage = self._usage
                self._drain()
                self._usage = usage
                raise

    def _drain(self) -> None:
        """Empty the connection's output.

        What a query wrote before it failed stays in the connection, and chDB 26.9 puts it in front of
        the next answer: rows of one caller would reach another.
        """
        for _ in range(_DRAIN_TRIES):
            if self._client.raw_query("SELECT 1", fmt="TabSeparated") == b"1\n":
                return
        raise EngineUnavailable("a connection to the engine cannot be emptied after a failed query")


class MemoryFile:
    """A file without a name or a disk. It holds one batch at a time; its pages stay until it is closed."""

    def __init__(self) -> None:
        self._descriptor = os.memfd_create("prologue-batch", os.MFD_CLOEXEC)

    def hold(self, pieces: Iterable[bytes | memoryview | pa.Buffer]) -> str:
        """Hold the pieces, one behind the other, instead of what was there; the path to read them from."""
        size = 0
        for piece in pieces:
            view = memoryview(piece)
            while view:
                written = os.pwrite(self._descriptor, view, size)
                view, size = view[written:], size + written
        os.ftruncate(self._descriptor, size)
        return f"/proc/self/fd/{self._descriptor}"

    def close(self) -> None:
        os.close(self._descriptor)


def _bound(sql: str, parameters: Parameters) -> dict[str, Any] | None:
    """The values that the statement binds. For one that binds none the driver would format them into the
    text, as Python's `%` does, so it must not get any then."""
    names = set(_BINDING.findall(sql))
    return {name: value for name, value in parameters.items() if name in names} or None


def _with_settings(sql: str, settings: Mapping[str, str | int | float]) -> str:
    """The statement with a SETTINGS clause. Names and values come from our code, never from a user."""
    if not settings:
        return sql
    clause = ", ".join(f"{name} = {_literal(value)}" for name, value in settings.items())
    return f"{sql}\nSETTINGS {clause}"


def _literal(value: str | int | float) -> str:
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return repr(value)
