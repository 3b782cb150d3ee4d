"""What has no route is said to have none; what has one for another method names that method."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from prologue.serve.errors import answer_defect


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nowhere", 404, None),
        ("POST", "/nowhere", 404, None),
        ("POST", "/loki/api/v1/pusch", 404, None),
        ("GET", "/loki/api/v1/push", 405, "POST"),
        ("PUT", "/loki/api/v1/push", 405, "POST"),
        ("POST", "/ready", 405, "GET, HEAD"),
        ("PATCH", "/loki/api/v1/label/x/values", 405, "GET, HEAD, POST"),
        ("PATCH", "/loki/api/v1/delete", 405, "DELETE, GET, HEAD, POST, PUT"),
    ],
)
def test_routes_that_are_not(prologue_server, method, path, status, allow):
    answer = httpx.request(method, prologue_server.url + path)
    assert (answer.status_code, answer.headers.get("allow")) == (status, allow)
    body = answer.json()
    assert body["code"] == ("not_found" if status == 404 else "bad_request")
    assert f"{method} {path}" in body["error"]
    assert "docs/api.md" in body["cure"]


def test_a_file_of_the_ui_is_no_route(prologue_server):
    assert httpx.get(f"{prologue_server.url}/").status_code == 200
    assert httpx.get(f"{prologue_server.url}/app.js").status_code == 200


def test_a_defect_is_logged_without_the_path_s_values(caplog):
    def broken(_request):
        raise ZeroDivisionError

    app = Starlette(
        routes=[Route("/v1/input/{api_key}", broken)], exception_handlers={Exception: answer_defect}
    )

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://prologue") as client:
            return await client.get("/v1/input/secret-key")

    assert asyncio.run(asked()).json()["code"] == "internal"
    assert "defect in GET /v1/input/{api_key}" in caplog.text
    assert "secret-key" not in caplog.text
