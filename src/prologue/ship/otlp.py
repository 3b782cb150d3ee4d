"""OTLP over HTTP in protobuf, written by hand: one message for all of a batch, its lines without objects.

The `protobuf` package would make an object for every field of every line; here a record is a handful of
bytes put together. OTLP knows no positions, so delivery is at least once. Records that the endpoint says
it rejected must not be sent again (OTLP, "Partial Success"); their payloads are put aside.

Labels become resource attributes under OpenTelemetry's names where it has one.

Source: OpenTelemetry Protocol specification 1.x, OTLP/HTTP; opentelemetry/proto/logs/v1/logs.proto;
Semantic Conventions for resources and for logs (`log.iostream`, `log.file.path`).

Next chapter: `prologue.ship.catalog`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from prologue.model.payload import Payload
from prologue.ship.destination import Reply, Request, Verdict, verdict_of
from prologue.ship.loki import with_path
from prologue.ship.native import tenant_headers
from prologue.ship.settings import Target
from prologue.ship.unwrap import SEVERITIES, SEVERITY_TEXTS, Attributes, unwrap

LOGS_PATH = "/v1/logs"

NAMES: Mapping[str, str] = {
    "service_name": "service.name",
    "namespace": "k8s.namespace.name",
    "pod": "k8s.pod.name",
    "container": "k8s.container.name",
    "node": "k8s.node.name",
    "host": "host.name",
    "filename": "log.file.path",
    "container_name": "container.name",
    "image": "container.image.name",
    "image_tag": "container.image.tags",
    "stream": "log.iostream",
}
"""Our label: OpenTelemetry's attribute."""

_SCOPE_NAME = b"prologue.agent"
_TIME = struct.Struct("<BQ")
_TEXTS = {number: text.encode() for number, text in zip(SEVERITIES, SEVERITY_TEXTS, strict=True)}


class OtlpDestination:
    """See `Destination`."""

    def __init__(self, target: Target, _source_prefix: str) -> None:
        self._url = with_path(target.url, LOGS_PATH)
        # A tenant is Prologue's, Loki's and Mimir's notion; other endpoints are not bothered with it.
        self._tenant = tenant_headers(target.tenant) if target.tenant != "default" else {}

    def request(self, payloads: Sequence[Payload]) -> Request:
        body = b"".join(_field(1, _resource_logs(payload)) for payload in payloads)
        return Request(self._url, body, self._tenant | {"Content-Type": "application/x-protobuf"})

    def verdicts(self, reply: Reply, payloads: Sequence[Payload]) -> list[Verdict]:
        verdict = verdict_of(reply)
        if not verdict.problem and (rejected := partial_success(reply.body)):
            verdict = Verdict(f"the endpoint rejected some of it: {rejected}", partial=True)
        return [verdict] * len(payloads)

    def ask(self, sources: Sequence[str]) -> Request | None:  # noqa: ARG002 - the protocol's shape
        return None

    def positions(self, reply: Reply) -> list[int]:  # noqa: ARG002 - as above
        return []


def _resource_logs(payload: Payload) -> bytes:
    """ResourceLogs: resource = 1, scope_logs = 2; ScopeLogs: scope = 1, log_records = 2."""
    resource = _field(1, b"".join(_field(1, _attribute(*pair)) for pair in payload.labels.items()))
    scope = _field(1, _field(1, _SCOPE_NAME))
    records = unwrap(payload)
    observed = _TIME.pack(0x59, payload.received_ns)
    cache: dict[int, bytes] = {}
    parts = [scope]
    for time, body, attributes, severity in zip(
        records.times, records.bodies, records.attributes, records.severities, strict=True
    ):
        tail = cache.get(id(attributes))
        if tail is None:
            tail = cache[id(attributes)] = _attributes(attributes)
        text = body.encode(errors="replace")
        size = _varint(len(text))
        record = b"".join(
            (
                _TIME.pack(0x09, time),
                _severity(severity) if severity else b"",
                b"\x2a",
                _varint(len(text) + len(size) + 1),
                b"\x0a",
                size,
                text,
                tail,
                observed,
            )
        )
        parts += (b"\x12", _varint(len(record)), record)
    return resource + _field(2, b"".join(parts))


def _severity(number: int) -> bytes:
    """severity_number = 2 (an enum), severity_text = 3."""
    return b"\x10" + _varint(number) + _field(3, _TEXTS[number])


def _attributes(attributes: Attributes) -> bytes:
    """LogRecord.attributes = 6."""
    return b"".join(_field(6, _attribute(name, value)) for name, value in attributes.items())


def _attribute(name: str, value: str) -> bytes:
    """KeyValue: key = 1, value = 2; AnyValue: string_value = 1."""
    key = NAMES.get(name, name).encode(errors="replace")
    return _field(1, key) + _field(2, _field(1, value.encode(errors="replace")))


def _field(number: int, data: bytes) -> bytes:
    """A length-delimited field with a number below 16."""
    return bytes((number << 3 | 2,)) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    """Base-128, least significant group first (protobuf encoding).

    >>> _varint(1), _varint(300)
    (b'\\x01', b'\\xac\\x02')
    """
    if value < 0x80:
        return bytes((value,))
    if value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def partial_success(body: bytes) -> str:
    """What an ExportLogsServiceResponse says of rejected records; empty where it rejects none.

    partial_success = 1 {rejected_log_records = 1 (varint), error_message = 2}.

    >>> partial_success(b""), partial_success(_field(1, b"\\x08\\x03" + _field(2, b"too old")))
    ('', '3 records: too old')
    """
    fields = _read(body).get(1)
    if not isinstance(fields, bytes):
        return ""
    inner = _read(fields)
    count, message = inner.get(1, 0), inner.get(2, b"")
    if not isinstance(count, int) or not count:
        return ""
    return f"{count} records: {message.decode(errors='replace') if isinstance(message, bytes) else ''}"


def _read(data: bytes) -> dict[int, int | bytes]:
    """The varint and length-delimited fields at the start of a message, as far as it can be read."""
    found: dict[int, int | bytes] = {}
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        value, at = _read_varint(data, at)
        if tag & 7 == 0:
            found[tag >> 3] = value
        elif tag & 7 == 2:
            found[tag >> 3] = data[at : at + value]
            at += value
        else:
            break
    return found


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            break
    return value, at
