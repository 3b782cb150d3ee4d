"""An HTTP refusal as an error of the model."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from prologue.client.failures import refusal
from prologue.model.errors import (
    BufferFull,
    EngineUnavailable,
    LimitError,
    PayloadError,
    Position,
    PrologueError,
    QueryError,
    UserError,
)

OURS = {
    "a query": (400, {"error": "no", "code": "bad_query", "cure": "do"}, QueryError),
    "a query with a code of its own": (
        400,
        {"error": "no", "code": "unknown_function", "position": {"line": 1, "column": 2, "offset": 1}},
        QueryError,
    ),
    "a payload": (400, {"error": "no", "code": "bad_payload", "index": 3}, PayloadError),
    "other input": (400, {"error": "no", "code": "bad_request"}, UserError),
    "too large": (413, {"error": "no", "code": "payload_too_large"}, UserError),
    "a limit": (422, {"error": "no", "code": "limit_exceeded"}, LimitError),
    "a limit told as 429": (429, {"error": "no", "code": "limit_exceeded"}, LimitError),
    "back-pressure": (429, {"error": "no", "code": "buffer_full"}, BufferFull),
    "away": (503, {"error": "no", "code": "engine_unavailable"}, EngineUnavailable),
    "a defect": (500, {"error": "no", "code": "internal"}, PrologueError),
    "no such route": (404, {"error": "no", "code": "not_found"}, UserError),
}


@pytest.mark.parametrize(("status", "body", "kind"), OURS.values(), ids=OURS)
def test_our_own_body(status: int, body: dict[str, Any], kind: type[PrologueError]) -> None:
    error = refusal(status, orjson.dumps(body), {}, "/x")
    assert type(error) is kind
    assert error.message == "no"
    assert error.code == body["code"]


def test_message_position_and_cure_survive() -> None:
    body = {
        "error": "no",
        "code": "bad_query",
        "cure": "do",
        "position": {"line": 2, "column": 9, "offset": 20},
    }
    error = refusal(400, orjson.dumps(body), {}, "/x")
    assert isinstance(error, QueryError)
    assert (error.position, error.cure) == (Position(2, 9, 20), "do")


def test_the_index_of_a_record_survives() -> None:
    error = refusal(400, orjson.dumps({"error": "no", "code": "bad_payload", "index": 3}), {}, "/x")
    assert isinstance(error, PayloadError)
    assert error.index == 3


def test_retry_after() -> None:
    error = refusal(429, b"{}", {"retry-after": "7"}, "/x")
    assert isinstance(error, BufferFull)
    assert error.retry_after == 7
    dated = refusal(429, b"{}", {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, "/x")
    assert isinstance(dated, BufferFull)
    assert dated.retry_after == 1


OTHERS = {
    "Loki's plain text": (400, b"parse error at line 1, col 2", "parse error at line 1, col 2"),
    "a proxy's page": (502, b"<html>\n <b>Bad  Gateway</b>", "Bad Gateway"),
    "nothing": (500, b"", "the server answered 500 to /x"),
    "bytes that are no text": (500, b"\xff\xfe", "\ufffd\ufffd"),
    "a page that does not exist": (404, b"404 page not found", "/x does not exist there"),
}


@pytest.mark.parametrize(("status", "body", "message"), OTHERS.values(), ids=OTHERS)
def test_what_other_servers_say(status: int, body: bytes, message: str) -> None:
    assert refusal(status, body, {}, "/x").message == message
