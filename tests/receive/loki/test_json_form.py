"""Loki push in JSON."""

from __future__ import annotations

import orjson
import pytest

from prologue.model.errors import LimitError, PayloadError
from prologue.receive.loki.json_form import decode_json
from prologue.receive.settings import ReceiveSettings

SETTINGS = ReceiveSettings()
ARRIVAL = 1_760_000_000_123_456_789
GOOD = ["1700000000000000001", "good"]


def body_of(*values, stream=None):
    return orjson.dumps({"streams": [{"stream": stream or {"app": "cart"}, "values": list(values)}]})


@pytest.mark.parametrize(
    ("value", "time", "line", "attributes"),
    [
        pytest.param(["1700000000000000001", "x"], 1700000000000000001, b"x", {}, id="pair"),
        pytest.param(["5", "x", {}], 5, b"x", {}, id="empty metadata"),
        pytest.param(["5", "日志", {"k.a": "v"}], 5, "日志".encode(), {"k_a": "v"}, id="metadata"),
        pytest.param(["5", "", {"k": ""}], 5, b"", {"k": ""}, id="empty texts"),
        pytest.param([5, "x"], 5, b"x", {}, id="time as a number"),
        pytest.param(["0", "x"], ARRIVAL, b"x", {}, id="no time"),
        pytest.param(["-5", "x"], ARRIVAL, b"x", {}, id="before 1970"),
        pytest.param(["9223372036854775807", "x"], 2**63 - 1, b"x", {}, id="the last nanosecond"),
        pytest.param(
            ["5", "x", {"n": 1.5, "b": True, "l": [1], "none": None}],
            5,
            b"x",
            {"n": "1.5", "b": "true", "l": "[1]", "none": ""},
            id="metadata that is no string is kept as its JSON",
        ),
    ],
)
def test_values(make_push, rows, value, time, line, attributes):
    got = rows(decode_json(make_push(body_of(GOOD, value)), SETTINGS))
    assert [row["body"] for row in got] == [b"good", line]
    assert (got[1]["timestamp"], got[1]["attributes"]) == (time, attributes)
    assert got[1]["stream"] == '{"app":"cart","service_name":"cart"}'
    assert got[1]["observed"] == ARRIVAL


def test_ids_become_columns(make_push, rows):
    body = body_of(
        GOOD, ["5", "x", {"a": "b", "trace_id": "t", "span_id": "s"}], ["6", "y", {"span_id": "z"}]
    )
    got = rows(decode_json(make_push(body), SETTINGS))
    assert [(r["trace_id"], r["span_id"], r["attributes"]) for r in got] == [
        ("", "", {}),
        ("t", "s", {"a": "b"}),
        ("", "z", {}),
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param("x", "not \\[time, line\\]", id="no list"),
        pytest.param([], "not \\[time, line\\]", id="empty"),
        pytest.param(["1"], "not \\[time, line\\]", id="one element"),
        pytest.param(["1", "x", {}, 1], "not \\[time, line\\]", id="four elements"),
        pytest.param(["1", 5], "line is no string", id="line is a number"),
        pytest.param(["1", None], "line is no string", id="line is null"),
        pytest.param(["", "x"], "count of Unix ns", id="empty time"),
        pytest.param(["2024-01-01T00:00:00Z", "x"], "count of Unix ns", id="RFC 3339 time"),
        pytest.param(["1.5", "x"], "count of Unix ns", id="fraction"),
        pytest.param([1.5, "x"], "count of Unix ns", id="float"),
        pytest.param([True, "x"], "count of Unix ns", id="true"),
        pytest.param(["9223372036854775808", "x"], "count of Unix ns", id="beyond 64 bits"),
        pytest.param(["٣", "x"], "count of Unix ns", id="digits that are not ASCII"),
        pytest.param(["1_000", "x"], "count of Unix ns", id="underscore"),
        pytest.param(["1", "x", "k=v"], "metadata is no object", id="metadata is text"),
        pytest.param(["1", "x", None], "metadata is no object", id="metadata is null"),
        pytest.param(["1", "x", {str(n): "" for n in range(1001)}], "1001 pairs", id="too much metadata"),
    ],
)
def test_malformed_values_are_named(make_push, value, reason):
    with pytest.raises(PayloadError, match=reason) as caught:
        decode_json(make_push(body_of(GOOD, value, GOOD)), SETTINGS)
    assert caught.value.index == 1
    assert caught.value.cure


@pytest.mark.parametrize(
    ("body", "index", "reason"),
    [
        pytest.param(b"", None, "not JSON", id="empty"),
        pytest.param(b"{", None, "not JSON: .* at line 1 column", id="cut"),
        pytest.param(b"\xff", None, "not JSON", id="no UTF-8"),
        pytest.param(b"[]", None, '"streams"', id="a list"),
        pytest.param(b'{"streams":{}}', None, '"streams"', id="streams is an object"),
        pytest.param(b'{"streams":[1]}', 0, '"stream"', id="a stream is a number"),
        pytest.param(b'{"streams":[{"stream":{"a":1}}]}', 0, "of strings", id="a label is a number"),
        pytest.param(b'{"streams":[{"stream":{"a.b":"1"}}]}', 0, "no label name", id="a label with a dot"),
        pytest.param(b'{"streams":[{"stream":{},"values":{}}]}', 0, "no list", id="values is an object"),
    ],
)
def test_malformed_bodies(make_push, body, index, reason):
    with pytest.raises(PayloadError, match=reason) as caught:
        decode_json(make_push(body), SETTINGS)
    assert caught.value.index == index


def test_without_discovery_only_what_was_sent(make_push, rows):
    settings = ReceiveSettings(discover_service_name=False)
    assert rows(decode_json(make_push(body_of(GOOD)), settings))[0]["stream"] == '{"app":"cart"}'


@pytest.mark.parametrize("body", [b'{"streams":[]}', b'{"streams":[{"stream":{"a":"b"}}]}', body_of()])
def test_nothing_is_no_payload(make_push, body):
    assert decode_json(make_push(body), SETTINGS).payloads == ()


def test_more_records_than_the_limit(make_push):
    with pytest.raises(LimitError, match="3 records"):
        decode_json(make_push(body_of(GOOD, GOOD, GOOD)), ReceiveSettings(max_body_records=2))
