"""A Loki client for tests: one tenant of a real server, asked over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from tests.support.server import ServerProcess, wait_until

SECOND = 1_000_000_000
NOW = time.time_ns() // (60 * SECOND) * 60 * SECOND
"""A whole minute shortly before the tests: what they push lies around it."""

Entry = tuple[int, str] | tuple[int, str, Mapping[str, str]]


class Loki:
    """`push` waits until what it pushed can be queried."""

    def __init__(self, server: ServerProcess, tenant: str) -> None:
        self.tenant = tenant
        self._http = httpx.Client(base_url=server.url, headers={"X-Scope-OrgID": tenant}, timeout=60)

    def push(self, labels: Mapping[str, str], entries: Iterable[Entry]) -> None:
        values = [[str(at), line, *rest] for at, line, *rest in entries]
        before = self.stored_lines()
        answer = self._http.post(
            "/loki/api/v1/push", json={"streams": [{"stream": dict(labels), "values": values}]}
        )
        assert answer.status_code == 204, answer.text
        wait_until(lambda: self.stored_lines() >= before + len(values))

    def stored_lines(self) -> int:
        return int(self._http.get("/api/v1/status").json()["stored_lines"])

    def ask(self, method: str, path: str, **parameters: Any) -> httpx.Response:
        """Parameters in the URL, or for POST in the form. `path` is below /loki/api/v1 unless it starts
        with a slash; `headers` are headers."""
        headers = parameters.pop("headers", {})
        path = path if path.startswith("/") else f"/loki/api/v1/{path}"
        place = {"data": parameters} if method == "POST" else {"params": parameters}
        return self._http.request(method, path, headers=headers, **place)

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET that must succeed."""
        return _json(self.ask("GET", path, **parameters))

    def post(self, path: str, **parameters: Any) -> Any:
        """The JSON of a POST form that must succeed."""
        return _json(self.ask("POST", path, **parameters))

    def refused(self, path: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
        """Status and body of a GET that must fail."""
        answer = self.ask("GET", path, **parameters)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()


def _json(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()
