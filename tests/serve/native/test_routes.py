"""`POST /api/v1/query` on a real server."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.server import ServerProcess

ARROW, PARQUET = "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"
LINES = 12
Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def asked_at() -> int:
    """Now, in whole seconds, in Unix ns."""
    return time.time_ns() // 10**9 * 10**9


@pytest.fixture(scope="module")
def ask(prologue_server: ServerProcess, asked_at: int) -> Iterator[Ask]:
    prologue_server.push(
        {"_msg": f"native {n}", "_time": asked_at - (LINES - n) * 10**9, "service_name": "native", "n": n}
        for n in range(LINES)
    )
    with httpx.Client(base_url=prologue_server.url, timeout=60) as client:

        def post(accept: str = "application/json", tenant: str = "", **body: Any) -> httpx.Response:
            headers = {"Accept": accept} | ({"X-Scope-OrgID": tenant} if tenant else {})
            return client.post("/api/v1/query", json=body, headers=headers)

        yield post


def rows(answer: httpx.Response) -> list[list[Any]]:
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["rows"]


def test_the_three_forms_hold_the_same(ask: Ask):
    body = {"query": '{service_name="native"}', "direction": "forward"}
    shown = [row[1] for row in rows(ask(**body))]
    arrow = ask(ARROW, **body)
    parquet = ask(PARQUET, **body)
    assert shown == [f"native {n}" for n in range(LINES)]
    assert pa.ipc.open_stream(arrow.content).read_all()["line"].to_pylist() == shown
    assert pq.read_table(io.BytesIO(parquet.content))["line"].to_pylist() == shown
    assert (arrow.headers["content-type"], parquet.headers["content-type"]) == (ARROW, PARQUET)


def test_times_and_limit(ask: Ask, asked_at: int):
    query = '{service_name="native"}'
    assert len(rows(ask(query=query, limit=5))) == 5
    assert rows(ask(query=query, start=str(asked_at - 3 * 10**9), end=str(asked_at - 2 * 10**9)))[0][1] == (
        f"native {LINES - 3}"
    )
    assert rows(ask(query=query, start=asked_at // 10**9 - 3, end=asked_at // 10**9 - 3)) == []
    assert rows(ask(query=query, end=asked_at - LINES * 10**9, since="1s")) == []
    assert rows(ask(query=query, limit=0)) == []


def test_metrics_by_step_and_at_once(ask: Ask, asked_at: int):
    query = 'sum(count_over_time({service_name="native"}[1h]))'
    times = {"start": str(asked_at), "end": str(asked_at + 60 * 10**9)}
    assert [row[1] for row in rows(ask(query=query, step="30s", **times))] == [LINES] * 3
    assert [row[1] for row in rows(ask(query=query, step=0, **times))] == [LINES]


def test_sql(ask: Ask, asked_at: int):
    query = "SELECT line FROM logs WHERE service_name = {s:String} ORDER BY timestamp"
    body = {"language": "sql", "query": query, "parameters": {"s": "native"}}
    assert len(rows(ask(**body))) == LINES
    assert len(rows(ask(**body, limit=2))) == 2
    assert rows(ask(**body, start=str(asked_at - 10**9))) == [[f"native {LINES - 1}"]]
    assert len(rows(ask(**body, end=str(asked_at - 10**9)))) == LINES - 1
    assert rows(ask(**body, tenant="someone-else")) == []
    table = pa.ipc.open_stream(ask(ARROW, **body).content).read_all()
    assert table["line"].to_pylist() == [f"native {n}" for n in range(LINES)]


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no query": ({}, 400, "query"),
    "a key too many": ({"query": "{}", "limt": 5}, 400, "limt"),
    "a language nobody speaks": ({"query": "x", "language": "promql"}, 400, "language"),
    "a negative limit": ({"query": "x", "limit": -1}, 400, "limit=-1"),
    "a limit over the maximum": ({"query": '{a="b"}', "limit": 10**6}, 422, "over the maximum"),
    "a time that is none": ({"query": '{a="b"}', "start": "yesterday"}, 400, "yesterday"),
    "start after end": ({"query": '{a="b"}', "start": 20, "end": 10}, 400, "start"),
    "start after end in SQL": (
        {"query": "SELECT 1", "language": "sql", "start": 20, "end": 10},
        400,
        "start",
    ),
    "parameters with LogQL": ({"query": '{a="b"}', "parameters": {"a": 1}}, 400, "no parameters"),
    "a step with SQL": ({"query": "SELECT 1", "language": "sql", "step": 1}, 400, "step"),
    "a list as a parameter": ({"query": "SELECT 1", "language": "sql", "parameters": {"a": [1]}}, 400, "a"),
    "no LogQL": ({"query": "{"}, 400, ""),
    "no SQL": ({"query": "SELEC 1", "language": "sql"}, 400, ""),
    "not allowed": ({"query": "SELECT hostName()", "language": "sql"}, 400, "hostName"),
    "too many points": ({"query": "vector(1)", "start": 0, "end": 10**6, "step": 1}, 400, "11000"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(ask: Ask, name: str):
    body, status, told = REFUSED[name]
    answer = ask(**body)
    assert answer.status_code == status, answer.text
    error = answer.json()
    assert error["status"] == "error"
    assert told in error["error"]
    assert error["cure"]


def test_the_body_must_be_json_of_some_size(prologue_server: ServerProcess):
    url = f"{prologue_server.url}/api/v1/query"
    for body, status in (
        (b"", 400),
        (b"query=x", 400),
        (b"[1]", 400),
        (b"\xff", 400),
        (b" " * 2_000_000, 422),
    ):
        assert httpx.post(url, content=body, timeout=30).status_code == status, body[:20]
    assert httpx.get(url, timeout=30).status_code == 405


def test_other_forms_are_not_acceptable(ask: Ask):
    answer = ask("text/csv", query='{a="b"}')
    assert (answer.status_code, answer.json()["code"]) == (400, "not_acceptable")


def test_a_query_ends_when_its_client_hangs_up(prologue_server: ServerProcess, ask: Ask):
    """Were it not so, the pool's four connections would be busy for a minute each."""
    slow = "SELECT sum(a.number * b.number) FROM numbers(10000000) AS a, numbers(10000000) AS b"
    for _ in range(6):
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                f"{prologue_server.url}/api/v1/query", json={"query": slow, "language": "sql"}, timeout=0.5
            )
    assert rows(ask(query="SELECT 1 AS x", language="sql")) == [[1]]
