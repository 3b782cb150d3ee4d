"""The lines as each path takes them: request bodies, written once to a cache folder.

Building a body costs more than ingesting it, so nothing is built while a server is measured: senders
post slices of a mapped file. Every encoding says the same about a line: time, message, level, service,
pod, namespace, trace id, status, region.

| path | a body | on the wire |
|---|---|---|
| `jsonlines` | 4,000 objects of all pods | as it is |
| `text` | up to 4,000 lines of one pod, whose labels stand in the URL | as it is |
| `loki` | 4,000 entries in 50 streams, structured metadata, `PushRequest` | snappy, as Loki has it |
| `otlp` | 4,000 records of 50 resources, `ExportLogsServiceRequest` | as it is |
"""

from __future__ import annotations

import json
import mmap
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import snappy
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from bench import generate
from bench.generate import Line

CACHE = Path(".cache/bench")
BODY_LINES = 4_000

_SEVERITY = {"debug": 5, "info": 9, "warn": 13, "error": 17}


@dataclass(frozen=True, slots=True)
class Body:
    """One request: its slice of the file, its rows, its size before compression, its URL's parameters."""

    start: int
    end: int
    rows: int
    raw_bytes: int
    query: str = ""


@dataclass(frozen=True)
class Bodies:
    """All requests of one path, mapped into memory."""

    path: str
    content_type: str
    data: mmap.mmap
    bodies: tuple[Body, ...]

    @property
    def rows(self) -> int:
        return sum(body.rows for body in self.bodies)

    @property
    def raw_bytes(self) -> int:
        return sum(body.raw_bytes for body in self.bodies)

    def bytes_of(self, body: Body) -> memoryview:
        return memoryview(self.data)[body.start : body.end]


Encoded = tuple[bytes, int, int, str]
"""A body on the wire, its rows, its raw bytes, its URL's parameters."""


def bodies(path: str, rows: int) -> Bodies:
    """The requests of `rows` lines for `path`, generated if they are not in the cache."""
    content_type, encode = ENCODINGS[path]
    file, index = (CACHE / f"{path}-{rows}.{kind}" for kind in ("bodies", "index"))
    if not index.exists():
        _write(file, index, encode(rows))
    with file.open("rb") as opened:
        data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    return Bodies(path, content_type, data, tuple(Body(*entry) for entry in json.loads(index.read_text())))


def _write(file: Path, index: Path, encoded: Iterator[Encoded]) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    entries, position = [], 0
    with file.open("wb") as out:
        for wire, rows, raw, query in encoded:
            out.write(wire)
            entries.append((position, position + len(wire), rows, raw, query))
            position += len(wire)
    # Last, because its presence says that the other file is whole.
    index.write_text(json.dumps(entries))


def _jsonlines(rows: int) -> Iterator[Encoded]:
    for block in generate.blocks(rows, BODY_LINES):
        wire = b"".join(_object(line) for line in block)
        yield wire, len(block), len(wire), "_stream_fields=service_name,pod,namespace"


def _object(line: Line) -> bytes:
    return (
        orjson.dumps(
            {
                "_time": line.time_text,
                "_msg": line.message,
                "level": line.level,
                "service_name": line.service,
                "pod": line.pod_name,
                "namespace": "shop",
                "trace_id": f"{line.trace_id:032x}",
                "status": 200,
                "region": "cn-north-1",
            }
        )
        + b"\n"
    )


def _text(rows: int) -> Iterator[Encoded]:
    for block in generate.blocks(rows, BODY_LINES * generate.PODS):
        for lines in _by_pod(block).values():
            for start in range(0, len(lines), BODY_LINES):
                part = lines[start : start + BODY_LINES]
                wire = b"".join(_text_line(line) for line in part)
                yield wire, len(part), len(wire), "&".join(f"{k}={v}" for k, v in _labels(part[0]).items())


def _text_line(line: Line) -> bytes:
    return f"{line.time_text} {line.level.upper():5} trace={line.trace_id:032x} {line.message}\n".encode()


def _loki(rows: int) -> Iterator[Encoded]:
    for block in generate.blocks(rows, BODY_LINES):
        raw = b"".join(_delimited(1, _stream(lines)) for lines in _by_pod(block).values())
        yield bytes(snappy.compress(raw)), len(block), len(raw), ""


def _stream(lines: list[Line]) -> bytes:
    labels = ", ".join(f'{name}="{value}"' for name, value in _labels(lines[0]).items())
    return _delimited(1, f"{{{labels}}}".encode()) + b"".join(_delimited(2, _entry(line)) for line in lines)


def _entry(line: Line) -> bytes:
    seconds, nanoseconds = divmod(line.time_ns, 10**9)
    time = b"\x08" + _varint(seconds) + (b"\x10" + _varint(nanoseconds) if nanoseconds else b"")
    metadata = {"level": line.level, "trace_id": f"{line.trace_id:032x}", "status": "200"}
    pairs = ({**metadata, "region": "cn-north-1"}).items()
    return (
        _delimited(1, time)
        + _delimited(2, line.message.encode())
        + b"".join(
            _delimited(3, _delimited(1, name.encode()) + _delimited(2, value.encode()))
            for name, value in pairs
        )
    )


def _delimited(field: int, value: bytes) -> bytes:
    """A length-delimited field (Protocol Buffers, "Encoding")."""
    return bytes([field << 3 | 2]) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _otlp(rows: int) -> Iterator[Encoded]:
    for block in generate.blocks(rows, BODY_LINES):
        request = ExportLogsServiceRequest()
        for lines in _by_pod(block).values():
            logs = request.resource_logs.add()
            for name, value in _resource(lines[0]).items():
                logs.resource.attributes.add(key=name).value.string_value = value
            logs.scope_logs.add().log_records.extend(_record(line) for line in lines)
        wire = request.SerializeToString()
        yield wire, len(block), len(wire), ""


def _record(line: Line) -> LogRecord:
    record = LogRecord(
        time_unix_nano=line.time_ns,
        observed_time_unix_nano=line.time_ns,
        severity_number=_SEVERITY[line.level],  # type: ignore[arg-type]  # the enum's values are numbers
        severity_text=line.level,
        trace_id=line.trace_id.to_bytes(16, "big"),
    )
    record.body.string_value = line.message
    record.attributes.add(key="status").value.int_value = 200
    record.attributes.add(key="region").value.string_value = "cn-north-1"
    return record


def _labels(line: Line) -> dict[str, str]:
    return {"service_name": line.service, "pod": line.pod_name, "namespace": "shop"}


def _resource(line: Line) -> dict[str, str]:
    return {"service.name": line.service, "k8s.pod.name": line.pod_name, "k8s.namespace.name": "shop"}


def _by_pod(lines: list[Line]) -> Mapping[int, list[Line]]:
    pods: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        pods[line.pod].append(line)
    return pods


ENCODINGS: Mapping[str, tuple[str, Callable[[int], Iterator[Encoded]]]] = {
    "jsonlines": ("application/x-ndjson", _jsonlines),
    "text": ("text/plain", _text),
    "loki": ("application/x-protobuf", _loki),
    "otlp": ("application/x-protobuf", _otlp),
}
"""Content type and encoder of each path."""
