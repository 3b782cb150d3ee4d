"""What the client sends, and what becomes of refusals and silence."""

from __future__ import annotations

import socket
import time

import orjson
import pytest

from prologue.client import connect
from prologue.client.results import Streams, Vector
from prologue.model.errors import PrologueError, QueryError, TemporaryError, UserError
from tests.client.scripted import Scripted
from tests.support.server import ServerProcess, wait_until

EMPTY = {"status": "success", "data": {"resultType": "streams", "result": []}}
API = "/loki/api/v1"


def test_a_range_query(server: Scripted) -> None:
    server.answer(f"{API}/query_range", EMPTY)
    with connect(server.url, tenant="acme") as client:
        answer = client.query_range('{a="b"}', start=1, end=2, step=0.5, limit=7, direction="forward")
    assert isinstance(answer, Streams)
    heard = server.heard[0]
    assert heard.method == "POST"
    assert {name: values[0] for name, values in heard.form.items()} == {
        "query": '{a="b"}',
        "start": "1",
        "end": "2",
        "step": "0.5",
        "limit": "7",
        "direction": "forward",
    }
    assert heard.headers["x-scope-orgid"] == "acme"
    assert heard.headers["x-loki-response-encoding-flags"] == "categorize-labels"


def test_an_instant_query_sends_only_what_was_given(server: Scripted) -> None:
    server.answer(f"{API}/query", {"data": {"resultType": "vector", "result": []}})
    with connect(server.url) as client:
        assert isinstance(client.query_instant("vector(1)"), Vector)
    assert server.heard[0].form == {"query": ["vector(1)"]}
    assert "x-scope-orgid" not in server.heard[0].headers


def test_lists(server: Scripted) -> None:
    server.answer(f"{API}/labels", {"data": ["a"]})
    server.answer(f"{API}/label/a/values", {"data": ["x", "y"]})
    server.answer(f"{API}/series", {"data": [{"a": "x"}]})
    with connect(server.url) as client:
        assert client.labels(start=1, end=2, query='{a="x"}') == ["a"]
        assert client.label_values("a") == ["x", "y"]
        assert client.series(['{a="x"}', '{a="y"}'], start=1) == [{"a": "x"}]
    assert server.heard[0].query == {"start": "1", "end": "2", "query": '{a="x"}'}
    assert server.heard[2].form["match[]"] == ['{a="x"}', '{a="y"}']


def test_a_push_in_lokis_json(server: Scripted) -> None:
    server.answer(f"{API}/push", b"", 204)
    with connect(server.url) as client:
        client.push([({"app": "a"}, [(1, "x"), (2, "y", {"trace_id": "t"})])])
    assert orjson.loads(server.heard[0].body) == {
        "streams": [{"stream": {"app": "a"}, "values": [["1", "x"], ["2", "y", {"trace_id": "t"}]]}]
    }


def test_json_lines_and_plain_lines(server: Scripted) -> None:
    server.answer("/insert/jsonline", b"", 204)
    server.answer("/insert/lines", b"", 204)
    with connect(server.url) as client:
        client.push_jsonline(b'{"m":1}\n', time_field="t", message_field="m", stream_fields=["a", "b"])
        client.push_lines(b"x\ny\n", {"service_name": "s"})
    assert server.heard[0].query == {"_time_field": "t", "_msg_field": "m", "_stream_fields": "a,b"}
    assert server.heard[0].body == b'{"m":1}\n'
    assert server.heard[1].query == {"service_name": "s"}


def test_readiness_and_status(server: Scripted) -> None:
    server.answer("/ready", b"ready")
    server.answer("/ready", b"starting", 503)
    server.answer("/api/v1/status", {"version": "1"})
    with connect(server.url) as client:
        assert client.ready()
        assert not client.ready()
        assert client.status() == {"version": "1"}


def test_a_refused_query(server: Scripted) -> None:
    body = {
        "error": "no",
        "code": "bad_query",
        "cure": "do",
        "position": {"line": 1, "column": 2, "offset": 1},
    }
    server.answer(f"{API}/query", body, 400)
    with connect(server.url) as client, pytest.raises(QueryError, match="no") as caught:
        client.query_instant("x")
    assert caught.value.cure == "do"


def test_an_answer_of_something_else(server: Scripted) -> None:
    server.answer(f"{API}/query", b"<html>welcome</html>")
    with connect(server.url) as client, pytest.raises(PrologueError, match="not what the Loki API documents"):
        client.query_instant("x")


def test_nobody_there() -> None:
    with socket.socket() as taken:
        # Bound but not listening: a port that refuses for as long as the test runs.
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with connect(url) as client:
            assert not client.ready()
            with pytest.raises(TemporaryError, match="cannot reach") as caught:
                client.labels()
    assert "prologue up" in caught.value.cure


@pytest.mark.parametrize("url", ["ftp://x", "http://", "", "http://[::1", "http://a b"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(UserError, match="not the address of a server"):
        connect(url)


def test_an_address_without_a_scheme(server: Scripted) -> None:
    server.answer("/ready", b"ready")
    with connect(server.url.removeprefix("http://") + "/") as client:
        assert client.ready()


@pytest.mark.parametrize("name", ["", "a/b"])
def test_a_label_name_that_is_none(server: Scripted, name: str) -> None:
    with connect(server.url) as client, pytest.raises(UserError, match="not a label name"):
        client.label_values(name)


def test_a_real_server_end_to_end(prologue_server: ServerProcess) -> None:
    now = time.time_ns()
    with connect(prologue_server.url, tenant="client-test") as client:
        assert client.ready()
        client.push([({"service_name": "loki"}, [(now - 2, "first", {"k": "v"}), (now - 1, "sec\nond")])])
        client.push_jsonline(
            b'{"when":"%d","say":"third","app":"json"}' % now,
            time_field="when",
            message_field="say",
            stream_fields=["app"],
        )
        client.push_lines(b"fourth\n", {"service_name": "plain"})

        def stored() -> Streams:
            end = time.time_ns()
            answer = client.query_range('{service_name=~".+"}', start=now - 10**9, end=end)
            assert isinstance(answer, Streams)
            return answer

        wait_until(lambda: sum(len(stream.values) for stream in stored().result) == 4)
        table = stored().to_arrow().sort_by("timestamp")
        assert table["line"].to_pylist() == ["first", "sec\nond", "third", "fourth"]
        assert ("k", "v") in table["metadata"].to_pylist()[0]
        assert client.label_values("service_name", start=now - 10**9) == ["json", "loki", "plain"]
        assert {"service_name": "loki"} in client.series(['{service_name="loki"}'], start=now - 10**9)
        assert client.status()["version"]
    with connect(prologue_server.url, tenant="client-other") as other:
        assert other.label_values("service_name", start=now - 10**9) == []
