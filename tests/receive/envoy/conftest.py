"""Access log messages as Envoy sends them, built from our copy of the schema.

That the copy is right is proven by a real Envoy: tests/receive/envoy/test_real_envoy.py.
"""

from __future__ import annotations

from typing import Any

from prologue.receive.wire.envoy_pb2 import (
    AccessLogCommon,
    Address,
    HTTPAccessLogEntry,
    HTTPRequestProperties,
    HTTPResponseProperties,
    Node,
    Pair,
    ResponseFlags,
    StreamAccessLogsMessage,
    TCPAccessLogEntry,
)

START_NS = 1_700_000_000_123_456_789
MILLISECOND = 1_000_000


def address(ip: str, port: int) -> Address:
    return Address(socket_address=Address.SocketAddress(address=ip.encode(), port_value=port))


def pairs(values: dict[str, str]) -> list[Pair]:
    return [Pair(key=key.encode(), value=value.encode()) for key, value in values.items()]


def common(flags: dict[str, Any] | None = None, **fields: Any) -> AccessLogCommon:
    made = AccessLogCommon(
        downstream_remote_address=address("10.0.0.9", 5050),
        upstream_remote_address=address("10.0.0.1", 8080),
        upstream_cluster=b"cart",
        route_name=b"to-cart",
        stream_id=b"0f8fad5b-d9cb-469f-a165-70867728950e",
        **fields,
    )
    made.start_time.FromNanoseconds(START_NS)
    made.duration.FromNanoseconds(12_345_678)
    made.time_to_last_rx_byte.FromNanoseconds(1 * MILLISECOND)
    made.time_to_first_upstream_rx_byte.FromNanoseconds(9 * MILLISECOND)
    made.time_to_last_downstream_tx_byte.FromNanoseconds(12 * MILLISECOND)
    if flags:
        made.response_flags.CopyFrom(ResponseFlags(**flags))
    return made


def http(status: int = 200, flags: dict[str, Any] | None = None, **request: Any) -> HTTPAccessLogEntry:
    entry = HTTPAccessLogEntry(
        common_properties=common(flags),
        protocol_version=2,
        request=HTTPRequestProperties(
            **{
                "request_method": 1,
                "scheme": b"http",
                "authority": b"shop.example",
                "path": b"/cart/7?q=1",
                "user_agent": b"curl/8",
                "request_id": b"7c9e6679-7425-40de-944b-e07fc1f90ae7",
                "request_body_bytes": 5,
                **request,
            }
        ),
        response=HTTPResponseProperties(response_body_bytes=77, response_code_details=b"via_upstream"),
    )
    if status:
        entry.response.response_code.value = status
    return entry


def tcp(flags: dict[str, Any] | None = None, **fields: Any) -> TCPAccessLogEntry:
    entry = TCPAccessLogEntry(common_properties=common(flags, **fields))
    entry.connection_properties.received_bytes = 11
    entry.connection_properties.sent_bytes = 22
    return entry


def message(
    *entries: HTTPAccessLogEntry | TCPAccessLogEntry,
    node: str = "n1",
    cluster: str = "edge",
    log: str = "ingress",
) -> bytes:
    """One message with its sender; no sender where `node` is empty."""
    made = StreamAccessLogsMessage()
    if node:
        made.identifier.add(log_name=log.encode(), node=Node(id=node.encode(), cluster=cluster.encode()))
    for kind, target in ((HTTPAccessLogEntry, made.http_logs), (TCPAccessLogEntry, made.tcp_logs)):
        found = [entry.SerializeToString() for entry in entries if isinstance(entry, kind)]
        if found:
            target.add(log_entry=found)
    return made.SerializeToString()
