"""What the tests of Loki push share."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.logproto import PushRequest


@pytest.fixture(scope="session")
def push_request() -> Any:
    """The class of `logproto.PushRequest`."""
    return PushRequest
