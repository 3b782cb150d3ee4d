"""HTTP and TCP entries as the columns of `RECORD_SCHEMA`.

| Envoy | here |
|---|---|
| `start_time` | the time |
| the entry in Envoy's default text format | the line |
| the status: 5xx, 4xx, other; where there is none, the flags | severity ERROR, WARN, INFO |
| `traceparent`, B3, else `request_id` or `stream_id` where it is a UUID | trace and span id |
| everything else | attributes, named in `_add_common` and `_add_http` |

Source: envoy/data/accesslog/v3/accesslog.proto. Next chapter: `prologue.receive.envoy.line`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prologue.receive.arrow import Array, pa, pc
from prologue.receive.columns import Columns, Ints, dictionary, require_few_attributes
from prologue.receive.envoy import flags as response_flags
from prologue.receive.envoy.line import Line, joined, render
from prologue.receive.envoy.metadata import as_json
from prologue.receive.envoy.parts import Part, integers, scanned
from prologue.receive.envoy.traces import trace_ids
from prologue.receive.otlp.attributes import AttributeColumn
from prologue.receive.wire.scan import DELIMITED, VARINT, Key, rows_of

_METHODS = ("", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
_PROTOCOLS = ("", "HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3")
_TLS_VERSIONS = ("", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_LOG_TYPES = (
    *("", "TcpUpstreamConnected", "TcpPeriodic", "TcpConnectionEnd", "DownstreamStart", "DownstreamPeriodic"),
    *("DownstreamEnd", "UpstreamPoolReady", "UpstreamPeriodic", "UpstreamEnd"),
    *(
        "DownstreamTunnelSuccessfullyEstablished",
        "UdpTunnelUpstreamConnected",
        "UdpPeriodic",
        "UdpSessionEnd",
    ),
)
"""`AccessLogType`, by number."""


def _delimited(*numbers: int) -> tuple[Key, ...]:
    return tuple((number, DELIMITED) for number in numbers)


def _varints(*numbers: int) -> tuple[Key, ...]:
    return tuple((number, VARINT) for number in numbers)


_COMMON = (*_delimited(*range(2, 21), 22, 23, 25, 26, 28), *_varints(24, 27, *range(29, 34)))
_REQUEST = (*_delimited(*range(2, 11), 13), *_varints(1, 11, 12))
_RESPONSE = (*_delimited(1, 4, 5, 6), *_varints(2, 3))
_ADDRESS = _delimited(1, 2)
_TLS = (*_delimited(3, 4, 5), *_varints(1))

_COMMON_TEXTS = {
    "upstream_cluster": 15,
    "upstream_transport_failure_reason": 18,
    "route_name": 19,
    "connection_termination_details": 25,
    "stream_id": 26,
    "downstream_transport_failure_reason": 28,
}
_COMMON_NUMBERS = {
    "upstream_request_attempt_count": 24,
    "downstream_wire_bytes_sent": 29,
    "downstream_wire_bytes_received": 30,
    "upstream_wire_bytes_sent": 31,
    "upstream_wire_bytes_received": 32,
}
_ADDRESSES = {
    "downstream_remote_address": 2,
    "downstream_local_address": 3,
    "upstream_host": 13,
    "upstream_local_address": 14,
    "downstream_direct_remote_address": 20,
}
_REQUEST_TEXTS = {"scheme": 2, "authority": 3, "user_agent": 6, "referer": 7, "request_id": 9}


@dataclass(slots=True)
class Common:
    """What both kinds of entry have, already read: for the line, the severity and the ids."""

    part: Part
    start: Ints
    duration: Ints
    flags: Array
    flagged: npt.NDArray[np.bool_]
    failed: npt.NDArray[np.bool_]
    upstream_host: Array


def http_columns(entries: list[bytes], stream: str, max_bytes: int) -> Columns:
    """The columns of `HTTPAccessLogEntry` messages. Raises `Malformed`."""
    rows, count = rows_of(entries), len(entries)
    whole = scanned(rows, np.arange(count), count, *_delimited(1, 3, 4), (2, VARINT))
    request, response = whole.part(3, *_REQUEST), whole.part(4, *_RESPONSE)
    attributes = AttributeColumn(count, max_bytes)
    common = _read_common(whole, attributes)
    status = response.wrapped(1)
    headers = _add_http(attributes, request, response, status)
    protocol = _names(_PROTOCOLS, whole.number(2))
    _add_texts(attributes, {"protocol": protocol})
    path, original = request.text(5), request.text(10)
    line = Line(
        method=_names(_METHODS, request.number(1)),
        path=pc.if_else(pc.not_equal(original, ""), original, path),
        protocol=protocol,
        status=status,
        received=request.number(12),
        sent=response.number(3),
        service_time=_service_time(common.part),
        forwarded_for=request.text(8),
        user_agent=request.text(6),
        request_id=request.text(9),
        authority=request.text(3),
    )
    severity = np.where(status >= 500, 17, np.where(status >= 400, 13, 9))
    severity = np.where(status == 0, np.where(common.failed, 17, 13), severity)
    ids = trace_ids(count, headers, line.request_id, common.part.text(26))
    return _columns(common, line, severity, ids, attributes, stream)


def tcp_columns(entries: list[bytes], stream: str, max_bytes: int) -> Columns:
    """The columns of `TCPAccessLogEntry` messages. Raises `Malformed`."""
    rows, count = rows_of(entries), len(entries)
    whole = scanned(rows, np.arange(count), count, *_delimited(1, 2))
    connection = whole.part(2, *_varints(1, 2))
    attributes = AttributeColumn(count, max_bytes)
    common = _read_common(whole, attributes)
    received, sent = connection.number(1), connection.number(2)
    _add_texts(attributes, {"bytes_received": integers(received), "bytes_sent": integers(sent)})
    line = Line.of_tcp(count, received, sent)
    severity = np.where(common.failed, 17, np.where(common.flagged, 13, 9))
    none = (np.empty(0, np.int64), pa.array([], pa.string()), pa.array([], pa.string()))
    ids = trace_ids(count, none, pa.repeat("", count), common.part.text(26))
    return _columns(common, line, severity, ids, attributes, stream)


def _columns(
    common: Common,
    line: Line,
    severity: Ints,
    ids: tuple[Array, Array],
    attributes: AttributeColumn,
    stream: str,
) -> Columns:
    count = len(severity)
    names = ["INFO", "WARN", "ERROR"]
    return Columns(
        timestamp=common.start,
        stream=dictionary([stream], np.zeros(count, np.int32)),
        severity_number=severity,
        severity_text=dictionary(names, ((severity - 9) // 4).astype(np.int32)),
        body=render(line, common.start, common.duration, common.flags, common.upstream_host),
        trace_id=ids[0],
        span_id=ids[1],
        attributes=attributes.build(),
    )


def _read_common(whole: Part, attributes: AttributeColumn) -> Common:
    part = whole.part(1, *_COMMON)
    texts, flagged, failed = response_flags.read_flags(part.part(16, *response_flags.KEYS))
    addresses = {name: _address(part, number) for name, number in _ADDRESSES.items()}
    duration = part.nanoseconds(23)
    # Envoy sets `duration` since 1.26; before, the last byte to the client was the end.
    duration = np.where(duration > 0, duration, part.nanoseconds(12))
    _add_texts(attributes, {name: part.text(number) for name, number in _COMMON_TEXTS.items()})
    _add_texts(attributes, {name: _counted(part.number(number)) for name, number in _COMMON_NUMBERS.items()})
    _add_texts(attributes, {**addresses, "response_flags": texts})
    _add_texts(attributes, {"access_log_type": _names(_LOG_TYPES, part.number(33))})
    _add_texts(attributes, {"intermediate": pa.array(np.where(part.number(27) != 0, "true", ""))})
    _add_durations(attributes, part, duration)
    if part.has(4):
        _add_tls(attributes, part.part(4, *_TLS))
    if part.has(17):
        _add_texts(attributes, {"metadata": as_json(part, 17)})
    _add_pairs(attributes, "", part.pairs(22), part.count)
    return Common(part, part.nanoseconds(5), duration, texts, flagged, failed, addresses["upstream_host"])


def _add_http(
    attributes: AttributeColumn, request: Part, response: Part, status: Ints
) -> tuple[Ints, Array, Array]:
    """Adds what HTTP has beside; answers the request's headers."""
    path, original = request.text(5), request.text(10)
    _add_texts(attributes, {name: request.text(number) for name, number in _REQUEST_TEXTS.items()})
    _add_texts(
        attributes,
        {
            "method": _names(_METHODS, request.number(1)),
            "path": path,
            "original_path": original,
            "x_forwarded_for": request.text(8),
            "port": _counted(request.wrapped(4)),
            "status": integers(status),
            "response_code_details": response.text(6),
            "request_headers_bytes": _counted(request.number(11)),
            "response_headers_bytes": _counted(response.number(2)),
            "bytes_received": integers(request.number(12)),
            "bytes_sent": integers(response.number(3)),
        },
    )
    headers = request.pairs(13)
    _add_pairs(attributes, "request_header_", headers, request.count)
    _add_pairs(attributes, "response_header_", response.pairs(4), request.count)
    _add_pairs(attributes, "response_trailer_", response.pairs(5), request.count)
    return headers


def _add_durations(attributes: AttributeColumn, part: Part, duration: Ints) -> None:
    """In milliseconds, as Envoy's `%DURATION%`, `%REQUEST_DURATION%` and their like, with their fractions."""
    first_response, last_response = part.nanoseconds(9), part.nanoseconds(12)
    sent = np.where(
        (first_response > 0) & (last_response > first_response), last_response - first_response, 0
    )
    _add_texts(
        attributes,
        {
            "duration_ms": _milliseconds(duration),
            "request_duration_ms": _milliseconds(part.nanoseconds(6)),
            "response_duration_ms": _milliseconds(first_response),
            "response_tx_duration_ms": _milliseconds(sent),
        },
    )


def _add_tls(attributes: AttributeColumn, tls: Part) -> None:
    local, peer = (tls.part(number, *_delimited(1, 2)) for number in (4, 5))
    _add_texts(
        attributes,
        {
            "tls_version": _names(_TLS_VERSIONS, tls.number(1)),
            "tls_sni": tls.text(3),
            "tls_local_subject": local.text(2),
            "tls_peer_subject": peer.text(2),
            "tls_local_uri": local.part(1, *_delimited(1)).text(1),
            "tls_peer_uri": peer.part(1, *_delimited(1)).text(1),
        },
    )


def _add_texts(attributes: AttributeColumn, columns: dict[str, Array]) -> None:
    """One attribute a column, for the rows where it is not empty."""
    for name, values in columns.items():
        present = np.flatnonzero(pc.not_equal(values, "").to_numpy(zero_copy_only=False))
        attributes.add_field(name, values.take(pa.array(present)), present)


def _add_pairs(
    attributes: AttributeColumn, prefix: str, pairs: tuple[Ints, Array, Array], count: int
) -> None:
    owner, names, values = pairs
    if len(owner):
        require_few_attributes(owner, count)
        attributes.add_own(owner, joined(pa.repeat(prefix, len(owner)), names), values)


def _address(part: Part, number: int) -> Array:
    """`ip:port` of a socket, the path of a pipe."""
    address = part.part(number, *_ADDRESS)
    pipe = address.part(2, (1, DELIMITED)).text(1)
    if not address.has(1):
        return pipe
    socket = address.part(1, (2, DELIMITED), (3, VARINT))
    host = socket.text(2)
    host = pc.if_else(pc.match_substring(host, ":"), joined("[", host, "]"), host)
    whole = joined(host, ":", integers(socket.number(3)))
    return pc.if_else(pc.equal(host, ""), pipe, whole)


def _service_time(part: Part) -> Ints:
    """ns from the request's last byte to the response's first, -1 where there was none: what Envoy itself
    writes into `x-envoy-upstream-service-time`, in ms."""
    asked, answered = part.nanoseconds(6), part.nanoseconds(9)
    return np.where(answered > 0, np.maximum(answered - asked, 0), -1)


def _milliseconds(nanoseconds: Ints) -> Array:
    """Up to three decimals; empty for 0."""
    micro = np.abs(nanoseconds) // 1000
    text = joined(integers(micro // 1000), ".", pc.utf8_lpad(integers(micro % 1000), 3, padding="0"))
    text = pc.utf8_rtrim(pc.utf8_rtrim(text, characters="0"), characters=".")
    return pc.if_else(pa.array(nanoseconds == 0), "", text)


def _counted(values: Ints) -> Array:
    """Numbers as text, empty for 0."""
    return pc.if_else(pa.array(values == 0), "", integers(values))


def _names(names: tuple[str, ...], numbers: Ints) -> Array:
    """Enum values by name; one that is newer than this program as its number."""
    known = (numbers >= 0) & (numbers < len(names))
    named = pa.array(names, pa.string()).take(pa.array(np.where(known, numbers, 0)))
    return pc.if_else(pa.array(known), named, integers(numbers))
