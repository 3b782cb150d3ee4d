"""What the store asks of an engine, so that one machine and a cluster differ in one module.

Two adapters are meant to exist: `embedded.py` (chDB in this process) and, when Prologue grows, one
for a ClickHouse server. Both speak ClickHouse SQL; the one thing they do differently is how bytes
become rows (`insert_select`), because `input()` stores nothing under chDB.

Next chapter: `embedded.py`, then `writer.py` and `reader.py`, which use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import pyarrow as pa

Parameters = Mapping[str, object]
Settings = Mapping[str, str | int | float]
NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes to be read as rows: the engine's `format`, the columns it has, and the data in pieces."""

    format: str
    structure: str
    data: tuple[bytes | memoryview | pa.Buffer, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """What queries read from the tables: rows, and their uncompressed bytes; and how many seconds they
    waited for a connection."""

    rows: int = 0
    bytes: int = 0
    waited: float = 0.0


class Engine(Protocol):
    """One conversation with the engine.

    Duties: calls may come from any thread and are served one at a time (take one engine for each
    thread that must not wait); every call blocks until the engine has answered; values are bound
    as `{name:Type}` parameters, never pasted; failures are `EngineError`, `EngineUnavailable` or
    `LimitError`, never the driver's own.
    """

    def command(self, sql: str, parameters: Parameters = ..., settings: Settings = ...) -> None: ...

    def arrow(self, sql: str, parameters: Parameters = ..., settings: Settings = ...) -> pa.Table: ...

    def insert_select(
        self, into: str, select: str, source: Source, parameters: Parameters = ..., settings: Settings = ...
    ) -> None:
        """`INSERT INTO <into> <select>`, where `{source}` in `select` stands for the source's rows."""
        ...

    @property
    def usage(self) -> Usage:
        """What the last `arrow` or `command` read, also where it failed."""
        ...

    def rest(self) -> None:
        """Nothing is coming for a while: give back what was kept for the next batch."""
        ...

    def close(self) -> None: ...
