"""Modes told apart by their headers, and events that lack what they must have."""

from __future__ import annotations

import orjson
import pytest

PATH = "/insert/cloudevents"
BINARY = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"}
STRUCTURED = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
EVENT = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}


def lines(served) -> list[dict[str, object]]:
    return [orjson.loads(line) for payload in served.sink.payloads for line in payload.data.split(b"\n")]


@pytest.mark.parametrize(
    ("content_type", "body", "data"),
    [
        pytest.param("application/json", b'{\n "a": 1.50\n}', {"a": 1.5}, id="json"),
        pytest.param("application/vnd.x+json", b"[1]", [1], id="a type that ends in json"),
        pytest.param("text/plain", "h\u00e9 {".encode(), "h\u00e9 {", id="text"),
    ],
)
def test_binary_becomes_what_structured_would_be(served, content_type, body, data):
    headers = {**BINARY, "ce-subject": "Euro%20%E2%82%AC", "Content-Type": content_type}
    assert served.client.post(PATH, content=body, headers=headers).status_code == 204
    assert lines(served) == [
        {**EVENT, "subject": "Euro \u20ac", "datacontenttype": content_type, "data": data}
    ]


@pytest.mark.parametrize(
    ("headers", "body", "status", "message"),
    [
        pytest.param({}, b"{}", 415, "no CloudEvent", id="nothing says that it is one"),
        pytest.param(
            {"Content-Type": "application/cloudevents+avro"}, b"", 415, "not CloudEvents in JSON", id="avro"
        ),
        pytest.param({**BINARY, "ce-id": ""}, b"", 400, "id is empty", id="empty id"),
        pytest.param({"ce-specversion": "1.0", "ce-id": "1"}, b"", 400, "source", id="no source"),
        pytest.param(
            {**BINARY, "Content-Type": "application/json"}, b"{", 400, "not JSON", id="data are not JSON"
        ),
        pytest.param(STRUCTURED, b'{"specversion":"1.0"}', 400, "id", id="no id"),
        pytest.param(STRUCTURED, orjson.dumps({**EVENT, "data_base64": "!"}), 400, "base64", id="no base64"),
        pytest.param(STRUCTURED, orjson.dumps({**EVENT, "id": 5}), 400, "id", id="id is a number"),
    ],
)
def test_what_is_wrong_is_said(served, headers, body, status, message):
    answer = served.client.post(PATH, content=body, headers=headers)
    assert (answer.status_code, message in answer.json()["error"]) == (status, True), answer.text
    assert answer.json()["cure"]
    assert not served.sink.payloads


def test_the_place_in_a_batch_is_told(served):
    body = orjson.dumps([EVENT, {**EVENT, "type": ""}, EVENT])
    assert served.client.post(PATH, content=body, headers=BATCH).json()["index"] == 1
    body = orjson.dumps([EVENT, EVENT, {"id": "1"}])
    assert served.client.post(PATH, content=body, headers=BATCH).json()["index"] == 2
    assert served.client.post(PATH, content=b" [] ", headers=BATCH).status_code == 204
    assert not served.sink.payloads


def test_whoever_asks_may_deliver(served):
    answer = served.client.options(PATH, headers={"WebHook-Request-Origin": "eventemitter.example.com"})
    assert answer.status_code == 200
    assert answer.headers["webhook-allowed-origin"] == "eventemitter.example.com"
