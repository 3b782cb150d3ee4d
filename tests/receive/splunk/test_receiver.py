"""Splunk's words and numbers, tokens, acknowledgements, and what of a request becomes what."""

from __future__ import annotations

import base64

import orjson
import pytest

from prologue.model.errors import BufferFull
from prologue.model.payload import PayloadFormat
from prologue.receive.settings import Credentials, ReceiveSettings

EVENT = "/services/collector/event"
RAW = "/services/collector/raw"
ACK = "/services/collector/ack"


@pytest.mark.parametrize("path", ["/services/collector", EVENT, EVENT + "/1.0"])
def test_events(served, path):
    answer = served.client.post(path, content=b'{"event":"a"}{"event":{"b":1}}')
    assert (answer.status_code, answer.json()) == (200, {"text": "Success", "code": 0})
    (payload,) = served.sink.payloads
    assert payload.data == b'{"event":"a"}\n{"event":{"b":1}}'
    assert payload.params["unwrap_fields"] == "event,fields"


def test_what_the_url_says_stands_behind_what_an_event_says(served):
    served.client.post(EVENT + "?host=url&index=main", content=b'{"event":"a","host":"own"}')
    assert served.sink.payloads[0].data == b'{"event":"a","host":"own","host":"url","index":"main"}'


@pytest.mark.parametrize("path", [RAW, RAW + "/1.0"])
def test_raw_text_is_one_line_an_event(served, path):
    answer = served.client.post(path + "?sourcetype=nginx&channel=c", content=b"one\ntwo")
    assert answer.json()["code"] == 0
    (payload,) = served.sink.payloads
    assert (payload.format, payload.data) == (PayloadFormat.LINES, b"one\ntwo")
    assert payload.labels == {"sourcetype": "nginx", "service_name": "unknown_service"}


@pytest.mark.parametrize(
    ("body", "number", "index"),
    [
        pytest.param(b"", 5, None, id="no data"),
        pytest.param(b'{"event":"a"}{', 6, 1, id="no JSON"),
        pytest.param(b'{"event":"a"}{"host":"h"}', 12, 1, id="no event"),
        pytest.param(b'{"event":""}', 13, 0, id="blank event"),
        pytest.param(b'{"event":null}', 13, 0, id="null event"),
        pytest.param(b'{"event":"a","fields":[1]}', 15, 0, id="fields are a list"),
    ],
)
def test_what_is_wrong_has_its_number(served, body, number, index):
    answer = served.client.post(EVENT, content=body)
    said = answer.json()
    assert (answer.status_code, said["code"], said.get("invalid-event-number")) == (400, number, index)
    assert said["error"]
    assert said["cure"]
    assert not served.sink.payloads


@pytest.mark.parametrize(
    ("headers", "query", "status", "number"),
    [
        pytest.param({"Authorization": "Splunk secret"}, "", 200, 0, id="header"),
        pytest.param(
            {"Authorization": "Basic " + base64.b64encode(b"x:secret").decode()}, "", 200, 0, id="password"
        ),
        pytest.param({}, "?token=secret", 200, 0, id="parameter"),
        pytest.param({}, "", 401, 2, id="none"),
        pytest.param({"Authorization": "Splunk other"}, "", 403, 4, id="another"),
    ],
)
def test_tokens(serve, headers, query, status, number):
    settings = ReceiveSettings(credentials=Credentials(splunk_tokens={"secret": "team-a"}))
    with serve(settings) as served:
        answer = served.client.post(EVENT + query, content=b'{"event":"a"}', headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, number)
        assert [payload.tenant for payload in served.sink.payloads] == ["team-a"] * (status == 200)
        asked = served.client.post(
            ACK + query, json={"acks": []}, headers=headers | {"X-Splunk-Request-Channel": "c"}
        )
        assert asked.status_code == status


@pytest.mark.parametrize("path", ["/services/collector", EVENT + "/1.0", RAW])
def test_whoever_has_a_token_may_ask_whether_it_may_send(serve, path):
    with serve(ReceiveSettings(credentials=Credentials(splunk_tokens={"secret": "team-a"}))) as served:
        assert served.client.options(path, headers={"Authorization": "Splunk secret"}).status_code == 200
        assert served.client.options(path, headers={"Authorization": "Splunk other"}).status_code == 403


def test_acknowledgements_are_given_with_a_channel_and_true_once_given(served):
    channel = {"X-Splunk-Request-Channel": "00000000-0000-0000-0000-000000000001"}
    ids = [
        served.client.post(EVENT, content=b'{"event":"a"}', headers=channel).json()["ackId"] for _ in range(3)
    ]
    assert len(set(ids)) == 3
    asked = served.client.post(ACK, json={"acks": [*ids, 5, ids[-1] + 10**12]}, headers=channel).json()
    assert asked == {
        "acks": {**{str(number): True for number in ids}, "5": False, str(ids[-1] + 10**12): False}
    }


@pytest.mark.parametrize("body", [b"", b"[]", b'{"acks":5}', b'{"acks":["1"]}', b'{"acks":[true]}'])
def test_questions_that_are_none(served, body):
    assert served.client.post(ACK + "?channel=c", content=body).status_code == 400
    assert served.client.post(ACK, content=b'{"acks":[1]}').json()["code"] == 10


def test_it_says_that_it_is_healthy_and_when_it_is_busy(served):
    assert served.client.get("/services/collector/health").json() == {"text": "HEC is healthy", "code": 17}
    served.sink.refusal = BufferFull("full", retry_after=3)
    answer = served.client.post(EVENT, content=orjson.dumps({"event": "a"}))
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, 9, "3")
