"""`tail` over a WebSocket: what was, what comes, what had to be left out."""

from __future__ import annotations

import time
from contextlib import ExitStack
from urllib.parse import urlencode

import orjson
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.support.loki import SECOND, Loki


@pytest.fixture
def tail(loki, prologue_server):
    """Opens tails of the module's tenant."""
    with ExitStack() as opened:

        def open_tail(**parameters):
            url = prologue_server.url.replace("http", "ws", 1) + "/loki/api/v1/tail?" + urlencode(parameters)
            headers = {"X-Scope-OrgID": loki.tenant}
            return opened.enter_context(connect(url, additional_headers=headers, max_size=None))

        yield open_tail


def receive(socket):
    return orjson.loads(socket.recv(timeout=30))


def lines(message) -> list[str]:
    return [value[1] for stream in message["streams"] for value in stream["values"]]


def test_it_begins_with_what_was_and_goes_on_with_what_comes(loki: Loki, tail):
    now = time.time_ns()
    loki.push({"app": "cart"}, [(now - 2 * SECOND, "before"), (now - SECOND, "noise")])
    socket = tail(query='{app="cart"} != "noise"', limit=10)
    assert lines(receive(socket)) == ["before"]
    loki.push({"app": "cart"}, [(now - 7200 * SECOND, "late"), (now, "noise again")])
    message = receive(socket)
    assert lines(message) == ["late"], "a line that comes late is sent when it comes"
    assert message["streams"][0]["stream"]["app"] == "cart"
    assert message["dropped_entries"] == []


def test_limit_is_how_many_lines_it_begins_with(loki, tail):
    now = time.time_ns()
    loki.push({"app": "many"}, [(now - i * SECOND, f"line {i}") for i in range(5)])
    assert lines(receive(tail(query='{app="many"}', limit=2))) == ["line 0", "line 1"]


def test_what_one_message_cannot_hold_is_named(loki, tail):
    now = time.time_ns()
    socket = tail(query='{app="flood"}')
    loki.push({"app": "flood"}, [(now - i, f"line {i}") for i in range(5300)])
    message = receive(socket)
    assert len(lines(message)) == 5000
    dropped = message["dropped_entries"]
    assert [int(entry["timestamp"]) for entry in dropped] == [now - i for i in range(5000, 5300)]
    assert {entry["labels"]["app"] for entry in dropped} == {"flood"}


def test_lines_of_one_instant_are_not_lost_silently(loki, tail):
    now = time.time_ns()
    socket = tail(query='{app="instant"}')
    loki.push({"app": "instant"}, [(now, f"line {i}") for i in range(6100)])
    message = receive(socket)
    assert len(lines(message)) == 5000
    assert message["dropped_entries"] == [{"labels": {}, "timestamp": str(now)}]


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"query": '{app="cart"'}, "expected `}`"),
        ({"query": 'rate({app="cart"}[1m])'}, "only log queries"),
        ({"query": '{app="cart"}', "delay_for": "6"}, "delay_for"),
        ({"query": '{app="cart"}', "start": "soon"}, "start"),
        ({}, "query"),
    ],
)
def test_refused_before_it_is_open(tail, parameters, named):
    with pytest.raises(InvalidStatus) as refused:
        tail(**parameters)
    assert refused.value.response.status_code == 400
    assert named in orjson.loads(refused.value.response.body)["error"]


def test_an_error_in_the_middle_is_said_before_it_is_closed(loki, tail):
    now = time.time_ns()
    socket = tail(query='{app="bad"} |~ "' + "(a{1,1000}){1,1000}" + '"')
    loki.push({"app": "bad"}, [(now, "a")])
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            message = receive(socket)
            assert message["status"] == "error"
            assert message["cure"]
    assert closed.value.rcvd.code == 1011
