"""`prologue receivers`."""

from __future__ import annotations

import json
import time

import httpx

from tests.cli.conftest import Run
from tests.client.scripted import Scripted
from tests.support.server import ServerProcess

OTLP = {
    "name": "otlp_grpc",
    "address": "127.0.0.1:4317 (grpc)",
    "records": 65560,
    "bytes": 5 * 1024 * 1024,
    "rate": 1092.7,
    "errors": 3,
    "last_error": "the body is \x1b]0;bad",
    "last_seen_ns": 0,
    "connections": 2,
    "dropped": 0,
}
UNUSED = {**OTLP, "name": "loki", "errors": 0, "last_error": "", "records": 0}


def test_a_table_and_the_last_error(run: Run, server: Scripted) -> None:
    seen = {**OTLP, "last_seen_ns": time.time_ns() - 90_000_000_000}
    server.answer("/api/v1/status", {"receivers": [seen, UNUSED]})
    done = run("receivers", "--url", server.url)
    assert (done.returncode, done.stderr) == (0, "")
    heading, first, second, error = done.stdout.splitlines()
    assert heading.split() == [
        *("receiver", "records", "a", "second", "bytes", "open", "errors", "dropped", "last", "seen", "at")
    ]
    assert first.split()[:7] == ["otlp_grpc", "65,560", "1,092.7", "5MiB", "2", "3", "0"]
    assert "1m3" in first and first.endswith("127.0.0.1:4317 (grpc)")
    assert "never" in second
    assert error == "otlp_grpc: last error: the body is \\x1b]0;bad"


def test_only_those_in_use(run: Run, server: Scripted) -> None:
    server.answer("/api/v1/status", {"receivers": [OTLP, UNUSED]})
    done = run("receivers", "--used", "-o", "jsonl", "--url", server.url)
    assert [json.loads(line)["name"] for line in done.stdout.splitlines()] == ["otlp_grpc"]


def test_nobody_has_sent_anything(run: Run, server: Scripted) -> None:
    server.answer("/api/v1/status", {"receivers": [UNUSED]})
    done = run("receivers", "--used", "--url", server.url)
    assert "nobody has sent anything" in done.stderr


def test_a_real_server(run: Run, prologue_server: ServerProcess) -> None:
    prologue_server.push([{"_msg": "x", "service_name": "cli-receivers"}])
    assert httpx.post(f"{prologue_server.url}/v1/logs", content=b"\xff").status_code == 415
    done = run("receivers", "-o", "jsonl", "--url", prologue_server.url)
    found = {receiver["name"]: receiver for receiver in map(json.loads, done.stdout.splitlines())}
    assert found["jsonline"]["records"] >= 1
    assert found["jsonline"]["address"] == "/insert/jsonline"
    assert "Content-Type" in found["otlp"]["last_error"]
    assert run("receivers", "--url", prologue_server.url).returncode == 0
