from __future__ import annotations

import pytest

from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate


@pytest.fixture
def migrated(engine: EmbeddedEngine) -> EmbeddedEngine:
    migrate(engine)
    return engine
