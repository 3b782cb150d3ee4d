"""`delete`: requests over HTTP, carried out by the server, across a kill."""

from __future__ import annotations

import pytest

from tests.support.loki import NOW, SECOND, Loki
from tests.support.server import ServerProcess, wait_until

START = NOW - 600 * SECOND


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that carries requests out at once."""
    data = tmp_path_factory.mktemp("delete") / "data"
    server = ServerProcess(data, PROLOGUE_STORE__DELETE_DELAY="0s").start()
    yield server
    server.stop()


@pytest.fixture
def tenant(server, request) -> Loki:
    """Two streams with lines `keep n` and `drop n`, ten seconds apart."""
    loki = Loki(server, "t-" + "".join(c if c.isalnum() else "-" for c in request.node.name)[:100])
    for app in ("cart", "pay"):
        lines = [(START + i * 10 * SECOND, f"{'drop' if i % 2 else 'keep'} {i}") for i in range(6)]
        loki.push({"app": app}, lines)
    return loki


def left(loki) -> list[str]:
    result = loki.get("query_range", query='{app=~".+"}')["data"]["result"]
    return sorted(f"{s['stream']['app']} {value[1]}" for s in result for value in s["values"])


def everything() -> set[str]:
    return {f"{app} {'drop' if i % 2 else 'keep'} {i}" for app in ("cart", "pay") for i in range(6)}


def deleted(loki, method="POST", **asked) -> None:
    answer = loki.ask(method, "delete", **asked)
    assert answer.status_code == 204, answer.text
    wait_until(lambda: loki.get("delete")[-1]["status"] == "processed")


@pytest.mark.parametrize(
    ("asked", "gone"),
    [
        pytest.param(
            {"query": '{app="cart"}'}, {c for c in everything() if c.startswith("cart")}, id="a stream"
        ),
        pytest.param(
            {"query": '{app="cart"} |= "drop"'},
            {"cart drop 1", "cart drop 3", "cart drop 5"},
            id="line filter",
        ),
        pytest.param(
            {"query": '{app=~".+"} |~ "(?i)DROP [35]" != "5"'},
            {"cart drop 3", "pay drop 3"},
            id="line filters",
        ),
        pytest.param(
            {
                "query": '{app="pay"}',
                "start": (START + 20 * SECOND) // SECOND,
                "end": (START + 30 * SECOND) // SECOND,
            },
            {"pay keep 2", "pay drop 3"},
            id="both ends of the range",
        ),
        pytest.param({"query": '{app="none"}'}, set(), id="nothing"),
    ],
)
def test_what_is_deleted_and_what_stays(tenant, asked, gone):
    deleted(tenant, **{"start": START // SECOND - 60, **asked})
    assert left(tenant) == sorted(everything() - gone)
    assert tenant.stored_lines() == len(everything() - gone)


def test_put_and_parameters_in_the_url(tenant):
    deleted(tenant, "PUT", query='{app="cart"}', start=START // SECOND, max_interval="1h")
    assert {line.split()[0] for line in left(tenant)} == {"pay"}


def test_a_request_is_listed(tenant):
    deleted(tenant, query='{app="cart"}', start="1700000000", end="1700000001.5")
    (listed,) = tenant.get("delete")
    assert listed.pop("created_at") > NOW / SECOND - 3600
    assert len(listed.pop("request_id")) == 16
    assert listed == {
        "start_time": 1700000000,
        "end_time": 1700000001.5,
        "query": '{app="cart"}',
        "status": "processed",
    }


def test_another_tenant_is_not_touched(server, tenant):
    other = Loki(server, "another")
    other.push({"app": "cart"}, [(START, "drop 1")])
    deleted(tenant, query='{app="cart"}', start=START // SECOND - 60)
    assert left(other) == ["cart drop 1"]
    assert other.get("delete") == []


def test_what_was_carried_out_cannot_be_cancelled(tenant):
    deleted(tenant, query='{app="cart"}', start=START // SECOND)
    request = tenant.get("delete")[0]["request_id"]
    answer = tenant.ask("DELETE", "delete", request_id=request)
    assert (answer.status_code, answer.json()["code"]) == (400, "too_late")
    assert tenant.ask("DELETE", "delete", request_id="none").json()["code"] == "no_such_deletion"


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"query": '{app="cart"}'}, "start"),
        ({"start": "1700000000"}, "query"),
        ({"query": '{app="cart"} | json', "start": "1700000000"}, "JsonParser"),
        ({"query": 'rate({app="cart"}[1m])', "start": "1700000000"}, "metric query"),
        ({"query": "{app=", "start": "1700000000"}, "expected"),
        ({"query": '{app="cart"}', "start": "1700000000", "end": "4000000000"}, "future"),
        ({"query": '{app="cart"}', "start": "1700000001", "end": "1700000000"}, "start"),
        ({"query": '{app="cart"}', "start": "1700000000", "max_interval": "long"}, "max_interval"),
    ],
)
def test_refusals(server, asked, named):
    answer = Loki(server, "refused").ask("POST", "delete", **asked)
    assert answer.status_code == 400
    assert named in answer.json()["error"]
    assert Loki(server, "refused").get("delete") == []


def test_a_request_outlives_a_kill_and_a_cancelled_one_is_not_carried_out(tmp_path):
    waiting = ServerProcess(tmp_path / "data", PROLOGUE_STORE__DELETE_DELAY="1h").start()
    loki = Loki(waiting, "t")
    loki.push({"app": "cart"}, [(START, "one")])
    loki.push({"app": "pay"}, [(START, "two")])
    for app in ("cart", "pay"):
        answer = loki.ask("POST", "delete", query=f'{{app="{app}"}}', start=START // SECOND - 1)
        assert answer.status_code == 204
    first, second = (request["request_id"] for request in loki.get("delete"))
    assert loki.ask("DELETE", "delete", request_id=first).status_code == 204
    assert [request["request_id"] for request in loki.get("delete")] == [second]
    waiting.kill()
    at_once = ServerProcess(tmp_path / "data", PROLOGUE_STORE__DELETE_DELAY="0s").start()
    try:
        loki = Loki(at_once, "t")
        wait_until(lambda: [request["status"] for request in loki.get("delete")] == ["processed"])
        assert left(loki) == ["cart one"]
    finally:
        at_once.stop()
