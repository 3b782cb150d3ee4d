"""Real senders against a real server: what they sent is asked for as a user would ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from tests.support.server import ServerProcess


@dataclass(frozen=True)
class Line:
    """One stored line, with its stream's labels and its attributes apart."""

    labels: dict[str, str]
    time: int
    body: str
    attributes: dict[str, str]


@pytest.fixture
def stored(prologue_server: ServerProcess) -> Callable[..., list[Line]]:
    """The lines of a selector, oldest first, once everything acknowledged can be queried."""

    def ask(selector: str, tenant: str = "default", since: str = "720h") -> list[Line]:
        prologue_server.settle()
        answer = httpx.get(
            f"{prologue_server.url}/loki/api/v1/query_range",
            params={"query": selector, "since": since, "limit": 5000, "direction": "forward"},
            headers={"X-Scope-OrgID": tenant, "X-Loki-Response-Encoding-Flags": "categorize-labels"},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        found = [
            Line(stream["stream"], int(time), body, extra.get("structuredMetadata", {}))
            for stream in answer.json()["data"]["result"]
            for time, body, extra in stream["values"]
        ]
        return sorted(found, key=lambda line: line.time)

    return ask
