"""What people put into delivery streams, and what Firehose wants to read in an answer."""

from __future__ import annotations

import base64
import gzip

import orjson
import pytest

from prologue.receive.settings import Credentials, ReceiveSettings

PATH = "/insert/firehose"
HEADERS = {"X-Amz-Firehose-Request-Id": "ed4acda5-034f-9f42-bba1-f29aea6d7d8f"}


def request(*records: bytes) -> bytes:
    data = [{"data": base64.b64encode(record).decode()} for record in records]
    return orjson.dumps({"requestId": "r", "timestamp": 1, "records": data})


def subscription(kind: str = "DATA_MESSAGE", *messages: str) -> bytes:
    events = [
        {"id": f"e{n}", "timestamp": 1_790_000_000_000 + n, "message": m} for n, m in enumerate(messages)
    ]
    return gzip.compress(
        orjson.dumps(
            {
                "messageType": kind,
                "owner": "111122223333",
                "logGroup": "/aws/lambda/cart",
                "logStream": "2026/03/04/[$LATEST]1",
                "subscriptionFilters": ["all"],
                "logEvents": events,
            }
        )
    )


def sent(served, *records: bytes, **headers: str) -> list[dict[str, object]]:
    answer = served.client.post(PATH, content=request(*records), headers={**HEADERS, **headers})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "requestId": HEADERS["X-Amz-Firehose-Request-Id"],
        "timestamp": 1_760_000_000_123,
    }
    return [orjson.loads(line) for payload in served.sink.payloads for line in payload.data.split(b"\n")]


def test_cloudwatch_logs(served):
    first, second = sent(served, subscription("DATA_MESSAGE", "START", "two\nlines"))
    assert first == {
        "_time": 1_790_000_000_000,
        "_msg": "START",
        "log_group": "/aws/lambda/cart",
        "log_stream": "2026/03/04/[$LATEST]1",
        "owner": "111122223333",
        "event_id": "e0",
    }
    assert second["_msg"] == "two\nlines"


def test_a_control_message_is_answered_and_not_stored(served):
    assert sent(served, subscription("CONTROL_MESSAGE", "CWL CONTROL MESSAGE: Checking health")) == []


def test_objects_and_text(served):
    lines = sent(
        served, b'{"a":1}\n{"b":2}\n', b"plain\r\n[1]\n", b'{"messageType":5}', gzip.compress(b"packed"), b""
    )
    assert lines == [
        {"a": 1},
        {"b": 2},
        {"_msg": "plain"},
        {"_msg": "[1]"},
        {"messageType": 5},
        {"_msg": "packed"},
    ]


def test_labels(served):
    common = orjson.dumps({"commonAttributes": {"env": "prod", "cost-center": "7"}}).decode()
    arn = "arn:aws:firehose:eu-central-1:111122223333:deliverystream/logs"
    sent(
        served,
        b"x",
        **{"X-Amz-Firehose-Common-Attributes": common, "X-Amz-Firehose-Source-Arn": arn},
    )
    assert served.sink.payloads[0].labels == {"env": "prod", "cost_center": "7", "firehose": "logs"}


@pytest.mark.parametrize(
    ("body", "headers", "message"),
    [
        pytest.param(b"{}", {}, "records", id="no records"),
        pytest.param(b'{"records":[{"data":"%%%"}]}', {}, "no request of Firehose", id="no base64"),
        pytest.param(request(b"a", b"\x1f\x8bno"), {}, "gzip", id="broken gzip"),
        pytest.param(
            request(b"a"), {"X-Amz-Firehose-Common-Attributes": "[]"}, "commonAttributes", id="attributes"
        ),
    ],
)
def test_a_refusal_says_why_and_repeats_the_id(served, body, headers, message):
    answer = served.client.post(PATH, content=body, headers={**HEADERS, **headers})
    assert answer.status_code == 400
    assert answer.json()["requestId"] == HEADERS["X-Amz-Firehose-Request-Id"]
    assert message in answer.json()["errorMessage"]
    assert not served.sink.payloads


def test_a_bomb_in_a_record_is_refused(serve):
    with serve(ReceiveSettings(max_decompressed_bytes=100_000)) as served:
        body = request(*[gzip.compress(b"x" * 60_000)] * 2)
        assert served.client.post(PATH, content=body).status_code == 413


@pytest.mark.parametrize(("key", "status"), [("secret", 200), ("other", 403), ("", 401)])
def test_access_keys(serve, key, status):
    with serve(ReceiveSettings(credentials=Credentials(firehose_access_keys={"secret": "team-a"}))) as served:
        headers = {"X-Amz-Firehose-Access-Key": key}
        assert served.client.post(PATH, content=request(b"a"), headers=headers).status_code == status
        assert [payload.tenant for payload in served.sink.payloads] == ["team-a"] * (status == 200)


BOMBS = {
    "line ends": (gzip.compress(b"\n" * 3_000_000),),
    "a long name for each event": (
        gzip.compress(
            orjson.dumps(
                {
                    "messageType": "DATA_MESSAGE",
                    "logGroup": "x" * 100_000,
                    "logEvents": [{"id": "", "timestamp": 1, "message": ""}] * 1000,
                }
            )
        ),
    ),
    "many that unpack to nothing": (gzip.compress(b" " * 900_000),) * 20,
}


@pytest.mark.parametrize("records", BOMBS.values(), ids=BOMBS)
def test_a_small_request_cannot_become_a_large_one(serve, records):
    limits = ReceiveSettings(max_decompressed_bytes=10_000_000, max_body_records=1_000_000)
    with serve(limits) as small:
        answer = small.client.post(PATH, content=request(*records), headers=HEADERS)
        assert answer.status_code == 413, answer.text
        assert not small.sink.payloads
