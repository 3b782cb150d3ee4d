"""Fixtures of the client's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.client.scripted import Scripted, scripted_server


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A scripted server of this test's own."""
    with scripted_server() as script:
        yield script
