"""Loki push over a real server, in every form a client sends it."""

from __future__ import annotations

import gzip

import orjson
import pytest
import snappy

URL = "/loki/api/v1/push"
JSON = orjson.dumps({"streams": [{"stream": {"app": "cart"}, "values": [["1700000000000000000", "hello"]]}]})
PROTOBUF_TYPE = {"Content-Type": "application/x-protobuf"}
JSON_TYPE = {"Content-Type": "application/json"}


@pytest.fixture
def message(push_request) -> bytes:
    request = push_request()
    entry = request.streams.add(labels='{app="cart"}').entries.add(line="hello")
    entry.timestamp.FromNanoseconds(1_700_000_000_000_000_000)
    return request.SerializeToString()


def stored(served):
    return [(row["stream"], row["timestamp"], row["body"]) for row in served.records()]


EXPECTED = [('{"app":"cart","service_name":"cart"}', 1_700_000_000_000_000_000, b"hello")]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(PROTOBUF_TYPE, id="protobuf"),
        pytest.param({**PROTOBUF_TYPE, "Content-Encoding": "snappy"}, id="snappy said too"),
        pytest.param({}, id="no content type"),
    ],
)
def test_protobuf(served, message, headers):
    answer = served.client.post(URL, content=snappy.compress(message), headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert stored(served) == EXPECTED


def test_protobuf_in_snappy_in_gzip(served, message):
    body = gzip.compress(snappy.compress(message))
    headers = {**PROTOBUF_TYPE, "Content-Encoding": "gzip"}
    assert served.client.post(URL, content=body, headers=headers).status_code == 204
    assert stored(served) == EXPECTED


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"]
)
def test_json(served, content_type):
    assert served.client.post(URL, content=JSON, headers={"Content-Type": content_type}).status_code == 204
    assert stored(served) == EXPECTED


def test_json_in_gzip(served):
    headers = {**JSON_TYPE, "Content-Encoding": "gzip"}
    assert served.client.post(URL, content=gzip.compress(JSON), headers=headers).status_code == 204
    assert stored(served) == EXPECTED


@pytest.mark.parametrize(
    ("headers", "body", "status", "error"),
    [
        pytest.param(
            {"Content-Type": "text/plain"}, JSON, 415, "Content-Type 'text/plain'", id="content type"
        ),
        pytest.param(PROTOBUF_TYPE, JSON, 400, "snappy", id="JSON said to be protobuf"),
        pytest.param(JSON_TYPE, b"x", 400, "not JSON", id="no JSON"),
    ],
)
def test_refusals(served, headers, body, status, error):
    answer = served.client.post(URL, content=body, headers=headers)
    assert answer.status_code == status
    assert error in answer.json()["error"]
    assert not served.sink.payloads


def test_a_malformed_entry_is_named_in_the_answer(served):
    body = orjson.dumps({"streams": [{"stream": {}, "values": [["1", "a"], ["x", "b"]]}]})
    answer = served.client.post(URL, content=body, headers=JSON_TYPE)
    assert (answer.status_code, answer.json()["index"]) == (400, 1)


def test_an_empty_push_is_fine_and_stores_nothing(served):
    assert served.client.post(URL, content=b'{"streams":[]}', headers=JSON_TYPE).status_code == 204
    assert not served.sink.payloads
