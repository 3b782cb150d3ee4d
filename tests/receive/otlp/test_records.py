"""OTLP log records as columns: what Loki's mapping makes of every field."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import LimitError, PayloadError
from prologue.receive.otlp.receiver import decode
from prologue.receive.settings import ReceiveSettings

SETTINGS = ReceiveSettings()
PROTOBUF = "application/x-protobuf"
ARRIVAL = 1_760_000_000_123_456_789


@pytest.fixture
def decoded(make_push, rows, otlp_request):
    """The stored rows of records under one resource and scope."""

    def run(*records, settings=SETTINGS, **around):
        body = otlp_request(*records, **around).SerializeToString()
        return rows(decode(make_push(body, content_type=PROTOBUF), settings))

    return run


def test_every_field(decoded, otlp_record):
    (row,) = decoded(
        otlp_record(
            "payment refused",
            {"http.method": "GET", "http.status_code": 502, "retry": True},
            time_unix_nano=1_700_000_000_000_000_001,
            observed_time_unix_nano=1_700_000_000_000_000_009,
            severity_number=17,
            severity_text="ERROR",
            trace_id=bytes(range(16)),
            span_id=bytes(range(8, 16)),
            flags=1,
            dropped_attributes_count=2,
            event_name="payment.refused",
        ),
        resource={"service.name": "pay", "k8s.pod.name": "pay-1", "host.name": "n1"},
        scope={"name": "lib", "version": "1.0", "attributes": {"x.y": "z"}},
    )
    assert row == {
        "timestamp": 1_700_000_000_000_000_001,
        "observed": 1_700_000_000_000_000_009,
        "stream": '{"k8s_pod_name":"pay-1","service_name":"pay"}',
        "severity_number": 17,
        "severity_text": "ERROR",
        "body": b"payment refused",
        "trace_id": "000102030405060708090a0b0c0d0e0f",
        "span_id": "08090a0b0c0d0e0f",
        "attributes": {
            "http_method": "GET",
            "http_status_code": "502",
            "retry": "true",
            "flags": "1",
            "dropped_attributes_count": "2",
            "event_name": "payment.refused",
            "x_y": "z",
            "scope_name": "lib",
            "scope_version": "1.0",
            "host_name": "n1",
        },
    }


def test_an_empty_record(decoded, otlp_record):
    (row,) = decoded(otlp_record(None))
    assert row == {
        "timestamp": ARRIVAL,
        "observed": ARRIVAL,
        "stream": '{"service_name":"unknown_service"}',
        "severity_number": 0,
        "severity_text": "",
        "body": b"",
        "trace_id": "",
        "span_id": "",
        "attributes": {},
    }


@pytest.mark.parametrize(
    ("time", "observed", "stored"),
    [
        pytest.param(5, 9, (5, 9), id="both"),
        pytest.param(0, 9, (9, 9), id="observed only"),
        pytest.param(5, 0, (5, ARRIVAL), id="time only"),
        pytest.param(0, 0, (ARRIVAL, ARRIVAL), id="neither"),
        pytest.param(2**63 - 1, 9, (2**63 - 1, 9), id="the last nanosecond"),
    ],
)
def test_times(decoded, otlp_record, time, observed, stored):
    (row,) = decoded(otlp_record(time_unix_nano=time, observed_time_unix_nano=observed))
    assert (row["timestamp"], row["observed"]) == stored


def test_what_no_column_can_hold_is_kept_and_the_sender_is_told(make_push, rows, otlp_record, otlp_request):
    body = otlp_request(
        otlp_record(time_unix_nano=2**64 - 1, observed_time_unix_nano=9), otlp_record(severity_number=99)
    ).SerializeToString()
    done = decode(make_push(body, content_type=PROTOBUF), SETTINGS)
    first, second = rows(done)
    assert (first["timestamp"], first["attributes"]) == (9, {"time_unix_nano": "18446744073709551615"})
    assert (second["severity_number"], second["attributes"]) == (0, {"severity_number": "99"})
    assert "1 times" in done.warning and "1 severities" in done.warning


IDS = {
    "full": (b"\xab" * 16, "ab" * 16),
    "zeroes mean none": (bytes(16), ""),
    "absent": (b"", ""),
    "a wrong length is kept": (b"\x01\x02", "0102"),
}


@pytest.mark.parametrize("name", IDS)
def test_trace_ids(decoded, otlp_record, name):
    sent, stored = IDS[name]
    got = decoded(otlp_record(), otlp_record(trace_id=sent), otlp_record(trace_id=b"\x11" * 16))
    assert [row["trace_id"] for row in got] == ["", stored, "11" * 16]


SERVICES = {
    "service.name": ({"service.name": "cart", "host.name": "h"}, '{"service_name":"cart"}'),
    "found in another index attribute": (
        {"k8s.container.name": "c", "service.name": ""},
        '{"k8s_container_name":"c","service_name":"c"}',
    ),
    "environment in both spellings": (
        {"deployment.environment.name": "prod", "deployment.environment": "prod"},
        '{"deployment_environment":"prod","deployment_environment_name":"prod","service_name":"unknown_service"}',
    ),
    "a label that is no string": (
        {"service.instance.id": 7},
        '{"service_instance_id":"7","service_name":"unknown_service"}',
    ),
    "a label that is a map": (
        {"service.name": {"a": "b"}},
        '{"service_name":"unknown_service","service_name_a":"b"}',
    ),
}


@pytest.mark.parametrize("name", SERVICES)
def test_streams(decoded, otlp_record, name):
    resource, stream = SERVICES[name]
    assert decoded(otlp_record(), resource=resource)[0]["stream"] == stream


def test_without_discovery_only_what_was_sent(decoded, otlp_record):
    settings = ReceiveSettings(discover_service_name=False)
    resource = {"k8s.container.name": "c"}
    assert (
        decoded(otlp_record(), settings=settings, resource=resource)[0]["stream"]
        == '{"k8s_container_name":"c"}'
    )


def test_index_attributes_can_be_chosen(decoded, otlp_record):
    settings = ReceiveSettings(otlp_index_attributes=("host.name",))
    (row,) = decoded(otlp_record(), settings=settings, resource={"host.name": "h", "service.name": "s"})
    assert row["stream"] == '{"host_name":"h","service_name":"unknown_service"}'
    assert row["attributes"] == {"service_name": "s"}


def test_the_nearest_attribute_of_a_name_comes_first(make_push, otlp_record, otlp_request):
    import pyarrow as pa

    body = otlp_request(
        otlp_record(attributes={"a": "record"}),
        resource={"a": "resource"},
        scope={"attributes": {"a": "scope"}},
    ).SerializeToString()
    (payload,) = decode(make_push(body, content_type=PROTOBUF), SETTINGS).payloads
    table = pa.ipc.open_stream(payload.data).read_all()
    assert table["attributes"].to_pylist() == [[("a", "record"), ("a", "scope"), ("a", "resource")]]


BODIES = {
    "text": ("x", b"x"),
    "integer": (5, b"5"),
    "map": ({"a": [1, {"b": None}]}, b'{"a":[1,{"b":null}]}'),
    "bytes": (b"\xff\x00", b"\xff\x00"),
    "absent": (None, b""),
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies_of_every_kind_among_others(decoded, otlp_record, name):
    sent, stored = BODIES[name]
    got = decoded(otlp_record("first"), otlp_record(sent), otlp_record("last"))
    assert [row["body"] for row in got] == [b"first", stored, b"last"]


def test_attributes_of_every_kind_keep_their_record_and_order(decoded, otlp_record):
    mixed = {"s": "t", "n": {"x": 1, "y": {"z": "q"}}, "i": 7, "l": [1], "b": b"\x01", "e": "end"}
    got = decoded(otlp_record(attributes={"first": 1}), otlp_record(attributes=mixed), otlp_record())
    assert got[0]["attributes"] == {"first": "1"}
    assert list(got[1]["attributes"].items()) == [
        *(("s", "t"), ("n_x", "1"), ("n_y_z", "q"), ("i", "7"), ("l", "[1]"), ("b", "AQ=="), ("e", "end"))
    ]
    assert got[2]["attributes"] == {}


def test_resources_and_scopes_stay_apart(make_push, rows, otlp_record, otlp_request):
    both = otlp_request(otlp_record("a"), otlp_record("b"), resource={"service.name": "one", "v": "1"})
    both.MergeFrom(otlp_request(resource={"service.name": "none"}))
    both.MergeFrom(otlp_request(otlp_record("c"), resource={"service.name": "two", "v": "2"}))
    got = rows(decode(make_push(both.SerializeToString(), content_type=PROTOBUF), SETTINGS))
    assert [(r["body"], r["stream"], r["attributes"]) for r in got] == [
        (b"a", '{"service_name":"one"}', {"v": "1"}),
        (b"b", '{"service_name":"one"}', {"v": "1"}),
        (b"c", '{"service_name":"two"}', {"v": "2"}),
    ]


def test_a_large_resource_is_not_multiplied_without_bound(make_push, otlp_record, otlp_request):
    settings = ReceiveSettings(max_body_bytes=10_000)
    body = otlp_request(*[otlp_record()] * 100, resource={"big": "x" * 1000}).SerializeToString()
    assert len(body) < 10_000
    with pytest.raises(LimitError, match="repeated for every record"):
        decode(make_push(body, content_type=PROTOBUF), settings)


def test_more_records_than_the_limit(make_push, otlp_record, otlp_request):
    body = otlp_request(*[otlp_record()] * 3).SerializeToString()
    with pytest.raises(LimitError, match="3 records; the limit is 2"):
        decode(make_push(body, content_type=PROTOBUF), ReceiveSettings(max_body_records=2))


def test_more_attributes_than_the_limit_name_the_record(make_push, otlp_record, otlp_request):
    for count in (1001, 2000):
        many = otlp_record(attributes={str(n): "" for n in range(count)})
        body = otlp_request(otlp_record(), many).SerializeToString()
        with pytest.raises(PayloadError, match="more than 1000 attributes") as caught:
            decode(make_push(body, content_type=PROTOBUF), SETTINGS)
        assert caught.value.index == 1


def length_delimited(number: int, value: bytes) -> bytes:
    assert len(value) < 128
    return bytes([number << 3 | 2, len(value)]) + value


def body_of(*records: bytes) -> bytes:
    scoped = b"".join(length_delimited(2, record) for record in records)
    return length_delimited(1, length_delimited(2, scoped))


BROKEN = {
    "a cut field": b"\x2a\x7f",
    "a cut attribute": length_delimited(6, b"\x0a\x05a"),
    "a cut value": length_delimited(6, length_delimited(2, b"\x0a\x05a")),
    "a cut body": length_delimited(5, b"\x0a\x05a"),
    "a cut list": length_delimited(5, length_delimited(5, b"\x0a\x05a")),
    "a cut map in an attribute": length_delimited(6, length_delimited(2, length_delimited(6, b"\x0a\x05a"))),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_records_are_named(make_push, name):
    good = length_delimited(5, length_delimited(1, b"good"))
    with pytest.raises(PayloadError, match="not protobuf") as caught:
        decode(make_push(body_of(good, BROKEN[name], good), content_type=PROTOBUF), SETTINGS)
    assert caught.value.index == 1


def test_text_that_is_no_utf8_is_kept(make_push, rows):
    body = length_delimited(5, length_delimited(1, b"\xff\xfe"))
    attribute = length_delimited(
        6, length_delimited(1, b"k\xff") + length_delimited(2, length_delimited(1, b"v\xff"))
    )
    (row,) = rows(decode(make_push(body_of(body + attribute), content_type=PROTOBUF), SETTINGS))
    assert (row["body"], row["attributes"]) == (b"\xff\xfe", {"k_": "v\ufffd"})


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.lists(
    st.tuples(VALUES, st.dictionaries(st.from_regex("[a-m]{1,3}", fullmatch=True), VALUES, max_size=6)),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(RECORDS)
def test_records_read_together_are_what_they_are_alone(make_push, rows, otlp_record, otlp_request, sent):
    """The columnar reading of many against the reading of each by itself."""
    records = [otlp_record(body, attributes) for body, attributes in sent]

    def read(*some):
        return rows(
            decode(make_push(otlp_request(*some).SerializeToString(), content_type=PROTOBUF), SETTINGS)
        )

    assert read(*records) == [row for record in records for row in read(record)]


def test_the_last_member_of_a_value_counts_as_in_protobuf(make_push, rows):
    both = length_delimited(1, b"text") + b"\x18\x05"  # string_value, then int_value
    record = length_delimited(5, both) + length_delimited(
        6, length_delimited(1, b"k") + length_delimited(2, both)
    )
    (row,) = rows(decode(make_push(body_of(record), content_type=PROTOBUF), SETTINGS))
    assert (row["body"], row["attributes"]) == (b"5", {"k": "5"})
