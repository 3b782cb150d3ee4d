"""`/ready`, `/metrics` and the status page of a real server."""

from __future__ import annotations

import time

import httpx

from prologue.receive.catalog import RECEIVERS


def test_ready(prologue_server):
    answer = httpx.get(f"{prologue_server.url}/ready")
    assert (answer.status_code, answer.text) == (200, "ready\n")


def test_metrics_count_what_is_stored(prologue_server):
    prologue_server.push([{"_msg": "x", "service_name": "health"}])
    text = httpx.get(f"{prologue_server.url}/metrics").text
    rows = next(line for line in text.splitlines() if line.startswith("prologue_ingest_rows_total"))
    assert float(rows.split()[1]) >= 1
    assert "prologue_buffer_bytes " in text


def test_status_names_the_newest_line_and_keeps_tenants_apart(prologue_server):
    newest = time.time_ns()
    lines = "\n".join(
        f'{{"_msg":"x","_time":{stamp}}}' for stamp in (newest - 10**9, newest, newest - 86400 * 10**9)
    )
    url, tenant = prologue_server.url, {"X-Scope-OrgID": "health-check"}
    assert httpx.post(f"{url}/insert/jsonline", content=lines, headers=tenant).status_code == 204
    deadline = time.monotonic() + 20
    while (status := httpx.get(f"{url}/api/v1/status", headers=tenant).json())["stored_lines"] < 3:
        assert time.monotonic() < deadline
    assert status["newest_line_ns"] == str(newest)
    empty = httpx.get(f"{url}/api/v1/status", headers={"X-Scope-OrgID": "nobody"}).json()
    assert (empty["stored_lines"], empty["newest_line_ns"]) == (0, None)
    assert {receiver["name"] for receiver in status["receivers"]} >= {one.name for one in RECEIVERS}


def test_an_unknown_route_says_so_in_the_one_error_body(prologue_server):
    answer = httpx.get(f"{prologue_server.url}/nosuch")
    assert answer.status_code == 404
    assert answer.json() == {
        "status": "error",
        "errorType": "bad_data",
        "error": "GET /nosuch: Not Found",
        "code": "not_found",
        "position": None,
        "cure": "see docs/api.md for the routes",
    }
