"""A server of a page's own: its examples ask for what they sent, and must not find what others sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.server import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A running `prologue up` for one module of tests."""
    started = ServerProcess(tmp_path_factory.mktemp("docs") / "data").start()
    yield started
    started.stop()
