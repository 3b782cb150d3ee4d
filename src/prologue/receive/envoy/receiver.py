"""Messages of one stream of Envoy's access log service, joined, as records.

What identifies the sender comes with the first message only, so whoever joins messages puts it in front.

| Envoy | stream label |
|---|---|
| `node.cluster`, else the log's name, else `envoy` | `service_name` |
| `log_name` | `log_name` |
| `node.id` | `envoy_node`; of Istio's `type~ip~pod.namespace~domain` also `pod` and `namespace` |
| `node.locality` | `cloud_region`, `cloud_availability_zone` |

Source: envoy/service/accesslog/v3/als.proto. Next chapter: `prologue.receive.envoy.entries`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError, Message

from prologue.model.errors import PayloadError
from prologue.model.labels import canonical
from prologue.receive.answers import PlainAnswers
from prologue.receive.arrow import pa
from prologue.receive.columns import Columns, records_payload, require_few
from prologue.receive.envoy.entries import http_columns, tcp_columns
from prologue.receive.envoy.parts import Malformed
from prologue.receive.guards import require_few_fields
from prologue.receive.receiver import Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings
from prologue.receive.wire.envoy_pb2 import HTTPAccessLogEntry, StreamAccessLogsMessage, TCPAccessLogEntry

_CURE = "send StreamAccessLogsMessage as Envoy's access log service (v3) defines it"
_MAX_AMPLIFICATION = 8

Read = Callable[[list[bytes], str, int], Columns]


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """The entries of the messages, HTTP's before TCP's."""
    require_few_fields(push.body)
    try:
        message = StreamAccessLogsMessage.FromString(push.body)
    except DecodeError as error:
        raise PayloadError(f"the message is not an access log message: {error}", cure=_CURE) from error
    http = [entry for entries in message.http_logs for entry in entries.log_entry]
    tcp = [entry for entries in message.tcp_logs for entry in entries.log_entry]
    require_few(len(http) + len(tcp), settings.max_body_records)
    stream = stream_of(message)
    room = _MAX_AMPLIFICATION * settings.max_body_bytes
    read = []
    if http:
        read.append(_columns(http, http_columns, HTTPAccessLogEntry, stream, room))
    if tcp:
        read.append(_columns(tcp, tcp_columns, TCPAccessLogEntry, stream, room))
    return records_payload(push, _one_below_the_other(read)) if read else Decoded((), 0)


def _one_below_the_other(parts: list[Columns]) -> Columns:
    """Columns of both kinds as one, so that one payload holds all of it."""
    if len(parts) == 1:
        return parts[0]
    joined: dict[str, Any] = {}
    for field in fields(Columns):
        values = [getattr(part, field.name) for part in parts]
        if isinstance(values[0], np.ndarray):
            joined[field.name] = np.concatenate(values)
        elif values[0]:
            joined[field.name] = pa.concat_arrays(values)
    return Columns(**joined)


def _columns(entries: list[bytes], read: Read, kind: type[Message], stream: str, room: int) -> Columns:
    try:
        return read(entries, stream, room)
    except Malformed:
        clean = [_canonical(entry, kind, index) for index, entry in enumerate(entries)]
    try:
        return read(clean, stream, room)
    except Malformed as error:
        raise PayloadError("an entry cannot be read", cure=_CURE) from error


def _canonical(entry: bytes, kind: type[Message], index: int) -> bytes:
    """The entry with known fields only, each once. Raises `PayloadError` at the broken one."""
    try:
        message = kind.FromString(entry)
    except DecodeError as error:
        raise PayloadError(f"an entry is not protobuf: {error}", index=index, cure=_CURE) from error
    message.DiscardUnknownFields()
    return message.SerializeToString()


def stream_of(message: StreamAccessLogsMessage) -> str:
    """The canonical label set of the sender."""
    if not message.identifier:
        return canonical({"service_name": "envoy"})
    sender = message.identifier[-1]
    node_id, cluster, log_name = (
        raw.decode("utf-8", "replace") for raw in (sender.node.id, sender.node.cluster, sender.log_name)
    )
    labels = {
        "service_name": cluster or log_name or "envoy",
        "log_name": log_name,
        "envoy_node": node_id,
        "cloud_region": sender.node.locality.region.decode("utf-8", "replace"),
        "cloud_availability_zone": sender.node.locality.zone.decode("utf-8", "replace"),
    }
    parts = node_id.split("~")
    if len(parts) == 4:
        pod, _, namespace = parts[2].rpartition(".")
        labels |= {"pod": pod, "namespace": namespace}
    return canonical({name: value for name, value in labels.items() if value})


ENVOY = Receiver("envoy", (), decode, PlainAnswers())
