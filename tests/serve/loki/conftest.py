from __future__ import annotations

import pytest

from tests.support.loki import Loki
from tests.support.server import ServerProcess


@pytest.fixture(scope="module")
def loki(request: pytest.FixtureRequest, prologue_server: ServerProcess) -> Loki:
    """A tenant of this module's own on the shared server."""
    return Loki(prologue_server, request.module.__name__.rpartition(".")[2])
