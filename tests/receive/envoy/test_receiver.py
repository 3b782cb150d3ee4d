"""Envoy's entries as records: every field, severity, traces, labels, and bodies that are none."""

from __future__ import annotations

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import LimitError, PayloadError, UserError
from prologue.receive.envoy.flags import _NAMES
from prologue.receive.envoy.receiver import ENVOY
from prologue.receive.receiver import Push
from prologue.receive.settings import ReceiveSettings
from prologue.receive.wire.envoy_pb2 import ResponseFlags, StreamAccessLogsMessage
from tests.receive.conftest import read_records
from tests.receive.envoy.conftest import START_NS, address, http, message, pairs, tcp

SETTINGS = ReceiveSettings()


def read(body: bytes) -> list[dict]:
    decoded = ENVOY.decode(Push(body, "default", 1), SETTINGS)
    assert len(decoded.payloads) <= 1
    return [row for payload in decoded.payloads for row in read_records(payload)]


def one(body: bytes) -> dict:
    (row,) = read(body)
    return row


def test_an_http_entry():
    row = one(message(http(request_headers=pairs({"x-team": "blue"}))))
    assert row["body"] == (
        b'[2023-11-14T22:13:20.123Z] "GET /cart/7?q=1 HTTP/1.1" 200 - 5 77 12 8 "-" "curl/8" '
        b'"7c9e6679-7425-40de-944b-e07fc1f90ae7" "shop.example" "10.0.0.1:8080"'
    )
    assert (row["timestamp"], row["severity_number"], row["severity_text"]) == (START_NS, 9, "INFO")
    assert row["stream"] == '{"envoy_node":"n1","log_name":"ingress","service_name":"edge"}'
    assert row["attributes"] == {
        "method": "GET",
        "scheme": "http",
        "authority": "shop.example",
        "path": "/cart/7?q=1",
        "protocol": "HTTP/1.1",
        "status": "200",
        "user_agent": "curl/8",
        "request_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "request_header_x_team": "blue",
        "bytes_received": "5",
        "bytes_sent": "77",
        "response_code_details": "via_upstream",
        "upstream_cluster": "cart",
        "upstream_host": "10.0.0.1:8080",
        "downstream_remote_address": "10.0.0.9:5050",
        "route_name": "to-cart",
        "stream_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "duration_ms": "12.345",
        "request_duration_ms": "1",
        "response_duration_ms": "9",
        "response_tx_duration_ms": "3",
    }


def test_a_tcp_entry():
    entry = tcp({"upstream_connection_failure": True}, access_log_type=3)
    entry.common_properties.upstream_transport_failure_reason = b"delayed_connect_error:_111"
    entry.common_properties.tls_properties.tls_version = 4
    entry.common_properties.tls_properties.tls_sni_hostname = b"db.example"
    peer = entry.common_properties.tls_properties.peer_certificate_properties
    peer.subject = b"CN=client"
    peer.subject_alt_name.add(uri=b"spiffe://cluster/ns/a/sa/b")
    row = one(message(entry))
    assert row["body"].startswith(
        b'[2023-11-14T22:13:20.123Z] "- - -" 0 UF 11 22 12 - "-" "-" "-" "-" "10.0.0.1'
    )
    assert row["severity_number"] == 17
    expected = {
        "bytes_received": "11",
        "bytes_sent": "22",
        "response_flags": "UF",
        "access_log_type": "TcpConnectionEnd",
        "upstream_transport_failure_reason": "delayed_connect_error:_111",
        "tls_version": "TLSv1.3",
        "tls_sni": "db.example",
        "tls_peer_subject": "CN=client",
        "tls_peer_uri": "spiffe://cluster/ns/a/sa/b",
    }
    assert expected.items() <= row["attributes"].items()
    assert row["trace_id"] == "0f8fad5bd9cb469fa16570867728950e"


@pytest.mark.parametrize(
    ("entry", "severity"),
    [
        (http(200), "INFO"),
        (http(302), "INFO"),
        (http(404), "WARN"),
        (http(503, {"no_healthy_upstream": True}), "ERROR"),
        (http(0, {"downstream_connection_termination": True}), "WARN"),
        (http(0, {"upstream_connection_failure": True}), "ERROR"),
        (tcp(), "INFO"),
        (tcp({"downstream_connection_termination": True}), "WARN"),
        (tcp({"no_route_found": True}), "ERROR"),
    ],
)
def test_severity(entry, severity):
    row = one(message(entry))
    assert row["severity_text"] == severity
    assert row["severity_number"] == {"INFO": 9, "WARN": 13, "ERROR": 17}[severity]


def test_several_flags():
    flags = {
        "upstream_connection_failure": True,
        "upstream_retry_limit_exceeded": True,
        "unauthorized_details": ResponseFlags.Unauthorized(reason=1),
    }
    row = one(message(http(503, flags)))
    assert row["attributes"]["response_flags"] == "UF,UAEX,URX"
    assert b"503 UF,UAEX,URX 5" in row["body"]
    assert len(set(_NAMES)) == 28


W3C = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
B3 = {"x-b3-traceid": "463ac35c9f6413ad48485a3953bb6124", "x-b3-spanid": "a2fb4a1d1a96d312"}
B3_ONE = {"b3": "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1"}


@pytest.mark.parametrize(
    ("headers", "trace", "span"),
    [
        ({**B3, **W3C}, "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"),
        (B3, "463ac35c9f6413ad48485a3953bb6124", "a2fb4a1d1a96d312"),
        (B3_ONE, "80f198ee56343ba864fe8b2a57d3eff7", "e457b5a2e4d86bd1"),
        ({"traceparent": "garbage"}, "7c9e6679742540de944be07fc1f90ae7", ""),
        ({}, "7c9e6679742540de944be07fc1f90ae7", ""),
    ],
)
def test_traces(headers, trace, span):
    row = one(message(http(request_headers=pairs(headers))))
    assert (row["trace_id"], row["span_id"]) == (trace, span)


def test_a_request_id_that_is_no_uuid_leaves_the_stream_id():
    row = one(message(http(request_id=b"abc")))
    assert row["trace_id"] == "0f8fad5bd9cb469fa16570867728950e"


def test_istio_s_node_id_names_pod_and_namespace():
    node = "sidecar~10.1.2.3~cart-5d8f.shop~shop.svc.cluster.local"
    row = one(message(http(), node=node, cluster="cart.shop"))
    assert '"namespace":"shop"' in row["stream"]
    assert '"pod":"cart-5d8f"' in row["stream"]
    assert '"service_name":"cart.shop"' in row["stream"]


@pytest.mark.parametrize(
    ("options", "service"),
    [({"cluster": ""}, "ingress"), ({"cluster": "", "log": ""}, "envoy"), ({"node": ""}, "envoy")],
)
def test_every_stream_has_a_service(options, service):
    assert f'"service_name":"{service}"' in one(message(http(), **options))["stream"]


def test_joined_messages_keep_order_and_sender():
    first = message(http(path=b"/1"), http(path=b"/2"))
    second = message(http(path=b"/3"), node="")
    rows = read(first + second)
    assert [row["attributes"]["path"] for row in rows] == ["/1", "/2", "/3"]
    assert {row["stream"] for row in rows} == {
        '{"envoy_node":"n1","log_name":"ingress","service_name":"edge"}'
    }


def test_both_kinds_in_one_body_are_one_payload():
    rows = read(message(http()) + message(tcp()))
    assert [row["attributes"].get("method") for row in rows] == ["GET", None]


def test_filter_metadata_is_json():
    entry = http()
    notes = Struct()
    notes.update({"user": "anna", "score": 2})
    entry.common_properties.metadata.filter_metadata["envoy.filters.http.jwt_authn"].CopyFrom(notes)
    rows = read(message(entry, http()))
    assert rows[0]["attributes"]["metadata"] == '{"envoy.filters.http.jwt_authn":{"score":2.0,"user":"anna"}}'
    assert "metadata" not in rows[1]["attributes"]


def test_other_addresses():
    entry = http()
    entry.common_properties.upstream_remote_address.CopyFrom(address("2001:db8::1", 443))
    entry.common_properties.downstream_remote_address.Clear()
    entry.common_properties.downstream_remote_address.pipe.path = b"/run/app.sock"
    attributes = one(message(entry))["attributes"]
    assert attributes["upstream_host"] == "[2001:db8::1]:443"
    assert attributes["downstream_remote_address"] == "/run/app.sock"


def test_bytes_that_are_not_utf_8():
    row = one(message(http(path=b"/\xff\xfe", user_agent=b"\xc3\x28")))
    assert row["attributes"]["path"] == "/\ufffd\ufffd"


def test_an_empty_entry_has_the_time_of_arrival():
    made = StreamAccessLogsMessage()
    made.http_logs.add(log_entry=[b""])
    row = one(made.SerializeToString())
    assert row["timestamp"] == 1
    assert row["body"].startswith(b'[1970-01-01T00:00:00.000Z] "- - -" 0 -')


def test_entries_with_very_many_fields_are_read_all_the_same():
    entry = http(request_headers=pairs({f"h{n}": "v" for n in range(900)}))
    noise = entry.SerializeToString() + b"\x78\x01" * 2000  # unknown fields
    made = StreamAccessLogsMessage()
    made.http_logs.add(log_entry=[noise])
    assert one(made.SerializeToString())["attributes"]["request_header_h899"] == "v"


def test_a_broken_entry_is_named():
    made = StreamAccessLogsMessage()
    made.http_logs.add(log_entry=[http().SerializeToString(), b"\x0a\xff"])
    with pytest.raises(PayloadError) as caught:
        read(made.SerializeToString())
    assert caught.value.index == 1


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\xff\x01", b"\x12\x05\x0a"])
def test_no_message(body):
    with pytest.raises(PayloadError):
        read(body)


def test_too_many_entries():
    with pytest.raises(LimitError, match="the limit is 1"):
        ENVOY.decode(Push(message(http(), http()), "default", 1), ReceiveSettings(max_body_records=1))


SAMPLE = message(http(503, {"no_route_found": True}, request_headers=pairs(W3C)), http()) + message(tcp())


@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes(body):
    sound(body)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_damaged_messages(data):
    body = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        size = data.draw(st.integers(0, 12))
        piece = data.draw(st.one_of(st.binary(max_size=12), st.just(bytes(body[place : place + size]) * 2)))
        body[place : place + size] = piece
        body = body or bytearray(b"\x00")
    sound(bytes(body))


def sound(body: bytes) -> None:
    """Only our own errors come up, and whatever comes out is sound."""
    try:
        rows = read(body)
    except (UserError, LimitError) as error:
        assert error.message
        return
    assert all(row["timestamp"] > 0 for row in rows)
