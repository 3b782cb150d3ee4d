"""Following over a WebSocket: one connection, and many."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from prologue.client import connect
from prologue.client.tail import FIRST_PAUSE, MAX_LINES_AT_START, OVERLAP_NS, Follower
from prologue.model.errors import PrologueError, QueryError, TemporaryError
from tests.client.scripted import TAIL, Scripted

SECOND = 10**9


def message(*values: tuple[int, str], app: str = "a") -> dict[str, Any]:
    return {"streams": [{"stream": {"app": app}, "values": [[str(t), text] for t, text in values]}]}


def texts(messages: Any) -> list[str]:
    return [line.text for m in messages for stream in m.streams for line in stream.values]


class Enough(Exception):
    """Ends a following that would go on for ever."""


def follow(server: Scripted, pauses: int, **options: Any) -> tuple[list[str], list[tuple[str, float]]]:
    """Follow until the `pauses`-th disconnect; the lines shown and the disconnects told."""
    shown: list[str] = []
    lost: list[tuple[str, float]] = []
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == pauses:
            raise Enough

    with connect(server.url, tenant="acme") as client:
        follower = Follower(client, '{a="b"}', pause=pause, lost=lambda *told: lost.append(told))
        with pytest.raises(Enough):
            for one in follower.messages(**{"start": 100 * SECOND, "limit": 10, **options}):
                shown.extend(texts([one]))
    return shown, lost


def test_one_connection_until_the_server_ends_it(server: Scripted) -> None:
    server.tails.append(([message((1, "x"), (2, "y")), message((3, "z"))], 1000))
    with connect(server.url, tenant="acme") as client:
        assert texts(client.tail('{a="b"}', start=5, limit=9)) == ["x", "y", "z"]
    assert server.heard[0].query == {"query": '{a="b"}', "start": "5", "limit": "9"}
    assert server.heard[0].headers["x-scope-orgid"] == "acme"


def test_a_connection_that_is_cut_off(server: Scripted) -> None:
    server.tails.append(([message((1, "x"))], 1011))
    with connect(server.url) as client, pytest.raises(TemporaryError, match="cut off: as scripted"):
        list(client.tail("{}"))


def test_a_refused_query(server: Scripted) -> None:
    refused = {"error": "no", "code": "bad_query", "position": {"line": 1, "column": 2, "offset": 1}}
    server.tail_refusal = (400, orjson.dumps(refused))
    with connect(server.url) as client, pytest.raises(QueryError, match="no"):
        list(client.tail("{"))


def test_a_message_that_is_none(server: Scripted) -> None:
    server.tails.append((["hello"], 1000))
    with connect(server.url) as client, pytest.raises(PrologueError, match="not what the Loki API documents"):
        list(client.tail("{}"))


def test_following_shows_no_line_twice_and_misses_none(server: Scripted) -> None:
    t = 200 * SECOND
    server.tails.append(([message((t, "1"), (t + 1, "2"))], 1011))
    server.tails.append(([message((t, "1"), (t + 1, "2"), (t + 2, "3"))], 1000))
    server.tails.append(([message((t + 1, "2"), (t - 1, "late"), (t + 2, "3"), (t + 3, "4"))], 1000))
    shown, lost = follow(server, pauses=3)
    assert shown == ["1", "2", "3", "late", "4"]
    assert [seconds for _, seconds in lost] == [FIRST_PAUSE] * 3


def test_equal_lines_of_one_moment_are_all_shown(server: Scripted) -> None:
    t = 200 * SECOND
    server.tails.append(([message((t, "same"), (t, "same"))], 1000))
    server.tails.append(([message((t, "same"), (t, "same"), (t, "same"))], 1000))
    shown, _ = follow(server, pauses=2)
    assert shown == ["same"] * 3


def test_a_reconnected_tail_starts_a_little_before_the_newest_line(server: Scripted) -> None:
    server.tails.append(([message((200 * SECOND, "x"))], 1000))
    follow(server, pauses=2)
    first, second = (heard.query for heard in server.heard)
    assert (first["start"], first["limit"]) == (str(100 * SECOND), "10")
    assert (second["start"], second["limit"]) == (str(200 * SECOND - OVERLAP_NS), str(MAX_LINES_AT_START))


def test_a_reconnected_tail_never_starts_before_the_following_did(server: Scripted) -> None:
    server.tails.append(([message((101 * SECOND, "x"))], 1000))
    follow(server, pauses=2)
    assert server.heard[1].query["start"] == str(100 * SECOND)


def test_pauses_grow_while_nothing_arrives(server: Scripted) -> None:
    _, lost = follow(server, pauses=7)
    assert [seconds for _, seconds in lost] == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]


def test_a_refused_query_ends_the_following(server: Scripted) -> None:
    server.tail_refusal = (400, orjson.dumps({"error": "no", "code": "bad_query"}))
    with connect(server.url) as client:
        follower = Follower(client, "{", pause=lambda _: None, lost=lambda *_: None)
        with pytest.raises(QueryError):
            next(follower.messages(start=0, limit=1))


def test_every_socket_goes_to_the_tail_route(server: Scripted) -> None:
    follow(server, pauses=2)
    assert {heard.path for heard in server.heard} == {TAIL}
