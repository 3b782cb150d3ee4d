"""A running server recognises what is pushed to it, remembers it through a kill, and can be told not to."""

from __future__ import annotations

import httpx
import pytest

from tests.parse.formats.golden import log
from tests.support.server import ServerProcess

# Lines keep their own time, whatever the clock of the machine says.
ALWAYS = {"start": "1577836800", "end": "4102444800"}


def found(server, query):
    answer = httpx.get(f"{server.url}/loki/api/v1/query_range", params={"query": query, **ALWAYS}, timeout=30)
    assert answer.status_code == 200, answer.text
    return [line for stream in answer.json()["data"]["result"] for _, line in stream["values"]]


def push(server, service, lines):
    target = f"{server.url}/insert/lines?service_name={service}"
    assert httpx.post(target, content="\n".join(lines), timeout=30).status_code == 204
    server.settle()


@pytest.fixture
def server(tmp_path):
    running = ServerProcess(tmp_path / "data").start()
    yield running
    running.stop()


def test_lines_are_asked_for_by_their_fields(server):
    push(server, "web", log("nginx_access"))
    push(server, "cache", log("redis"))
    query = '{service_name="web"} | http_response_status_code="502" | detected_level="error"'
    assert found(server, query) == [line for line in log("nginx_access") if '" 502 ' in line]
    assert len(found(server, '{service_name="cache"} | redis_role="C"')) == 4

    server.kill()
    server.start()
    push(server, "cache", ["a line that is none of Redis'"])
    [line] = found(
        server, '{service_name="cache"} |= "none of Redis" | parsed_by=~"ready[.]redis@.*" | __error__=""'
    )
    assert line == "a line that is none of Redis'"


def test_turned_off(tmp_path):
    server = ServerProcess(tmp_path / "data", PROLOGUE_PARSERS__READY="false").start()
    try:
        push(server, "web", log("nginx_access"))
        assert found(server, '{service_name="web"} | http_response_status_code="502"') == []
        assert len(found(server, '{service_name="web"}')) == len(log("nginx_access"))
    finally:
        server.stop()
