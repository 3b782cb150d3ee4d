"""An ingest over the real buffer and the real engine, with a place to put faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from prologue.model.errors import EngineUnavailable
from prologue.store.embedded import EmbeddedEngine
from prologue.store.engine import NONE, Parameters, Settings, Source


class FaultyEngine:
    """The real engine, but `fault(sql)` may raise first, or after the statement ran."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self.before: Callable[[str], None] = lambda sql: None
        self.after: Callable[[str], None] = lambda sql: None

    def command(self, sql: str, parameters: Parameters = NONE, settings: Settings = NONE) -> None:
        self.before(sql)
        self._engine.command(sql, parameters, settings)
        self.after(sql)

    def arrow(self, sql: str, parameters: Parameters = NONE, settings: Settings = NONE) -> Any:
        self.before(sql)
        return self._engine.arrow(sql, parameters, settings)

    def insert_select(
        self, into: str, select: str, source: Source, parameters: Parameters = NONE, settings: Settings = NONE
    ) -> None:
        self.before(f"INSERT INTO {into}")
        self._engine.insert_select(into, select, source, parameters, settings)

    def rest(self) -> None:
        self._engine.rest()

    def close(self) -> None:
        self._engine.close()


def failing(marker: str, times: int) -> Callable[[str], None]:
    """Raises EngineUnavailable the first `times` times that `marker` is in a statement."""
    left = [times]

    def check(sql: str) -> None:
        if marker in sql and left[0] > 0:
            left[0] -= 1
            raise EngineUnavailable("injected")

    return check


@pytest.fixture
def faulty(engine: EmbeddedEngine) -> FaultyEngine:
    return FaultyEngine(engine)
