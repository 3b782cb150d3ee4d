"""OTLP in JSON means what OTLP in protobuf means."""

from __future__ import annotations

import base64
import json

import orjson
import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import PayloadError
from prologue.receive.otlp.receiver import decode
from prologue.receive.settings import ReceiveSettings

SETTINGS = ReceiveSettings()
JSON = "application/json"


def otlp_json(request) -> bytes:
    """protobuf's own JSON with OTLP's exceptions: ids in hexadecimal, enums as numbers."""
    made = json_format.MessageToDict(request, use_integers_for_enums=True)
    for logs in made.get("resourceLogs", []):
        for scoped in logs.get("scopeLogs", []):
            for record in scoped.get("logRecords", []):
                for key in ("traceId", "spanId"):
                    if key in record:
                        record[key] = base64.b64decode(record[key]).hex()
    return orjson.dumps(made)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.", max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    body=VALUES,
    attributes=st.dictionaries(st.text("abc", max_size=3), VALUES, max_size=4),
    time=st.integers(0, 2**64 - 1),
    severity=st.integers(0, 24),
    trace=st.binary(min_size=16, max_size=16),
)
def test_the_same_records_as_protobuf(
    make_push, rows, otlp_record, otlp_request, body, attributes, time, severity, trace
):
    request = otlp_request(
        otlp_record(body, attributes, time_unix_nano=time, severity_number=severity, trace_id=trace, flags=1),
        resource={"service.name": "s", **attributes},
        scope={"name": "n", "version": "v", "attributes": attributes},
    )
    by_json = decode(make_push(otlp_json(request), content_type=JSON), SETTINGS)
    by_protobuf = decode(
        make_push(request.SerializeToString(), content_type="application/x-protobuf"), SETTINGS
    )
    assert rows(by_json) == rows(by_protobuf)


def one(record: object) -> bytes:
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [{}, record]}]}]}).encode()


@pytest.mark.parametrize(
    ("record", "column", "value"),
    [
        pytest.param({"timeUnixNano": "5"}, "timestamp", 5, id="time as text"),
        pytest.param({"timeUnixNano": 5}, "timestamp", 5, id="time as a number"),
        pytest.param({"severityNumber": 9.0}, "severity_number", 9, id="a whole float"),
        pytest.param({"body": None, "attributes": None}, "body", b"", id="nulls are absent"),
        pytest.param({"body": {"stringValue": ""}}, "body", b"", id="empty text"),
        pytest.param({"body": {"intValue": "7"}}, "body", b"7", id="integer as text"),
        pytest.param({"body": {"intValue": 7}}, "body", b"7", id="integer as a number"),
        pytest.param({"body": {"doubleValue": "Infinity"}}, "body", b"Infinity", id="infinity"),
        pytest.param({"body": {"bytesValue": "_-8"}}, "body", b"\xff\xef", id="base64 for URLs, unpadded"),
        pytest.param({"body": {}}, "body", b"", id="a value of no kind"),
        pytest.param({"traceId": "ABCDEF" + "0" * 26}, "trace_id", "abcdef" + "0" * 26, id="upper-case hex"),
        pytest.param({"unknown": 1}, "body", b"", id="unknown keys are ignored"),
    ],
)
def test_forms(make_push, rows, record, column, value):
    got = rows(decode(make_push(one(record), content_type=JSON), SETTINGS))
    assert got[1][column] == value


def nested(levels: int) -> dict:
    value: dict = {"stringValue": "x"}
    for _ in range(levels):
        value = {"arrayValue": {"values": [value]}}
    return value


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        pytest.param(5, "no object", id="a number"),
        pytest.param({"timeUnixNano": "x"}, '"timeUnixNano" is no integer', id="time is text"),
        pytest.param({"timeUnixNano": -1}, '"timeUnixNano" is no integer', id="negative time"),
        pytest.param({"timeUnixNano": "9" * 5000}, '"timeUnixNano" is no integer', id="very long digits"),
        pytest.param({"timeUnixNano": True}, '"timeUnixNano" is no integer', id="time is true"),
        pytest.param({"severityNumber": "SEVERITY_NUMBER_INFO"}, '"severityNumber"', id="enum by name"),
        pytest.param({"severityText": 1}, '"severityText" is no string', id="text is a number"),
        pytest.param({"traceId": "xyz"}, '"traceId" is not hexadecimal', id="no hex"),
        pytest.param({"traceId": "é"}, '"traceId" is not hexadecimal', id="hex that is not ASCII"),
        pytest.param({"body": "text"}, "no object like", id="bare body"),
        pytest.param({"body": {"intValue": "1.5"}}, '"intValue" is no integer', id="fraction"),
        pytest.param({"body": {"boolValue": "yes"}}, '"boolValue"', id="bool is text"),
        pytest.param({"body": {"doubleValue": "x"}}, '"doubleValue"', id="double is text"),
        pytest.param({"body": {"bytesValue": "é"}}, '"bytesValue" is not base64', id="no base64"),
        pytest.param({"body": {"bytesValue": 5}}, '"bytesValue" is not base64', id="bytes are a number"),
        pytest.param({"body": {"arrayValue": []}}, '"arrayValue" is no object', id="list without values"),
        pytest.param(
            {"body": {"arrayValue": {"values": {}}}}, '"values" is no list', id="values is an object"
        ),
        pytest.param({"body": nested(31)}, "over 30 levels", id="deep nesting"),
        pytest.param({"body": nested(200)}, "over 30 levels", id="very deep nesting"),
        pytest.param({"attributes": {}}, '"attributes" is no list', id="attributes is an object"),
        pytest.param({"attributes": [1]}, "is no object", id="an attribute is a number"),
    ],
)
def test_malformed_records_are_named(make_push, record, reason):
    with pytest.raises(PayloadError, match=reason) as caught:
        decode(make_push(one(record), content_type=JSON), SETTINGS)
    assert caught.value.index == 1
    assert caught.value.cure


def test_values_nested_30_deep_are_read(make_push, rows):
    got = rows(decode(make_push(one({"body": nested(30)}), content_type=JSON), SETTINGS))
    assert got[1]["body"] == b"[" * 30 + b'"x"' + b"]" * 30
    maps: dict = {"stringValue": "x"}
    for _ in range(30):
        maps = {"kvlistValue": {"values": [{"key": "k", "value": maps}]}}
    got = rows(
        decode(make_push(one({"attributes": [{"key": "k", "value": maps}]}), content_type=JSON), SETTINGS)
    )
    assert got[1]["attributes"] == {"_".join("k" * 31): "x"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "not JSON", id="empty"),
        pytest.param(b"[]", "no object", id="a list"),
        pytest.param(b"5", "no object", id="a number"),
        pytest.param(b'{"resourceLogs":{}}', '"resourceLogs" is no list', id="no list"),
        pytest.param(b'{"resourceLogs":[1]}', "no object", id="a resource is a number"),
        pytest.param(
            b'{"resourceLogs":[{"resource":[]}]}', '"resource" is no object', id="a resource is a list"
        ),
        pytest.param(b"[" * 100_000, "not JSON", id="deep nonsense"),
    ],
)
def test_malformed_bodies(make_push, body, reason):
    with pytest.raises(PayloadError, match=reason) as caught:
        decode(make_push(body, content_type=JSON), SETTINGS)
    assert caught.value.index is None


def test_nothing_is_no_payload(make_push):
    assert decode(make_push(b"{}", content_type=JSON), SETTINGS).payloads == ()
