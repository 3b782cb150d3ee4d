"""Amazon Data Firehose's HTTP endpoint: `POST /insert/firehose`.

A record is whatever somebody put into the delivery stream: JSON objects, text lines, or what CloudWatch
Logs' subscriptions put there, which is gzip around JSON around many log events. All of it becomes JSON
lines in one payload. Firehose takes a request for delivered only where the answer repeats its id.

Source: Amazon Data Firehose Developer Guide, "Appendix: HTTP endpoint delivery request and response
specifications"; CloudWatch Logs User Guide, "Real-time processing of log data with subscriptions".
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from prologue.model.errors import PayloadError, PayloadTooLarge, PrologueError, UserError
from prologue.model.labels import sanitize_name
from prologue.receive.answers import error_fields, error_headers, error_text, json_answer, status_of
from prologue.receive.columns import require_few
from prologue.receive.compression import decompress
from prologue.receive.guards import require_few_values
from prologue.receive.jsonlines import json_lines
from prologue.receive.objects import why_no_objects
from prologue.receive.receiver import Answer, Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings
from prologue.receive.tokens import tenant_of_token

DEFAULTS = {
    "time_field": "_time,timestamp,@timestamp,time",
    "message_field": "_msg,message,msg,log",
    "stream_fields": "log_group,log_stream,service,env",
}
MAX_COMMON_ATTRIBUTES = 50
"""Firehose's own limit."""

_GZIP = b"\x1f\x8b"
_CURE = "send what Amazon Data Firehose sends to an HTTP endpoint"


class _Record(msgspec.Struct, gc=False):
    data: bytes


class _Request(msgspec.Struct):
    records: list[_Record]


class _LogEvent(msgspec.Struct, gc=False):
    message: str
    timestamp: int = 0
    id: str = ""


class _Subscription(msgspec.Struct, rename="camel"):
    """What CloudWatch Logs puts into a record."""

    message_type: str
    log_group: str = ""
    log_stream: str = ""
    owner: str = ""
    log_events: list[_LogEvent] = []


_REQUESTS = msgspec.json.Decoder(_Request)
_SUBSCRIPTIONS = msgspec.json.Decoder(_Subscription)


def admit(push: Push, settings: ReceiveSettings) -> str:
    key = push.headers.get("x-amz-firehose-access-key", "")
    accepted = settings.credentials.firehose_access_keys
    return tenant_of_token(push, settings, key, accepted, "the destination's access key")


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """Everything in the records as one payload of JSON lines."""
    room = settings.max_decompressed_bytes
    lines: list[bytes] = []
    for place, data in enumerate(_records(push.body)):
        unpacked = _unpacked(data, room, place)
        # Before it is taken apart: a small record may unpack to a great many line ends.
        require_few(unpacked.count(b"\n") // 2, settings.max_body_records)
        found = _lines(unpacked, room)
        room -= max(len(unpacked), sum(map(len, found)))
        lines += found
        require_few(len(lines), settings.max_body_records)
    return json_lines(push, lines, DEFAULTS, _common_labels(push))


def _records(body: bytes) -> list[bytes]:
    require_few_values(body)
    try:
        return [record.data for record in _REQUESTS.decode(body).records]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise PayloadError(f"the body is no request of Firehose: {error}", cure=_CURE) from error


def _unpacked(data: bytes, room: int, place: int) -> bytes:
    """A record's data. Raises `PayloadError` with the record's place."""
    if data[:2] != _GZIP:
        return data
    try:
        return decompress(data, "gzip", max(room, 0))
    except PayloadError as error:
        raise PayloadError(error.message, index=place, cure=error.cure) from error


def _lines(data: bytes, room: int) -> list[bytes]:
    """A record's lines, as JSON objects, of about `room` bytes at most."""
    if data[:1] == b"{" and b'"messageType"' in data:
        subscription = _subscription(data)
        if subscription is not None:
            return _log_events(subscription, room)
    lines = [line for line in data.split(b"\n") if line and not line.isspace()]
    if not why_no_objects(lines):
        return lines
    return [line if not why_no_objects([line]) else _wrapped(line) for line in lines]


def _wrapped(line: bytes) -> bytes:
    return orjson.dumps({"_msg": line.rstrip(b"\r").decode("utf-8", "replace")})


def _subscription(data: bytes) -> _Subscription | None:
    require_few_values(data)
    try:
        return _SUBSCRIPTIONS.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None  # somebody's own JSON, which happens to have that name in it


def _log_events(subscription: _Subscription, room: int) -> list[bytes]:
    """The log events; none of a control message, with which CloudWatch tries whether delivery works."""
    if subscription.message_type != "DATA_MESSAGE":
        return []
    common = {
        "log_group": subscription.log_group,
        "log_stream": subscription.log_stream,
        "owner": subscription.owner,
    }
    # Each event says again what is common to all: a long name and many events would fill the memory.
    if len(orjson.dumps(common)) * len(subscription.log_events) > room:
        raise PayloadTooLarge(room, setting="receive.max_decompressed_bytes")
    return [
        orjson.dumps({"_time": event.timestamp, "_msg": event.message, **common, "event_id": event.id})
        for event in subscription.log_events
    ]


def _common_labels(push: Push) -> dict[str, str]:
    """The destination's parameters, and the delivery stream's name, as labels."""
    labels = {"firehose": push.headers.get("x-amz-firehose-source-arn", "").rpartition("/")[2]}
    header = push.headers.get("x-amz-firehose-common-attributes", "")
    if header:
        try:
            common: Any = orjson.loads(header)["commonAttributes"]
            labels |= {sanitize_name(name): str(value) for name, value in common.items()}
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                "X-Amz-Firehose-Common-Attributes is not as Firehose writes it",
                cure='send {"commonAttributes": {"name": "value"}}',
                code="bad_parameter",
            ) from error
    if len(labels) > MAX_COMMON_ATTRIBUTES + 1:
        raise UserError(
            f"there are more than {MAX_COMMON_ATTRIBUTES} common attributes",
            cure="send fewer",
            code="bad_parameter",
        )
    return {name: value for name, value in labels.items() if value}


class FirehoseAnswers:
    """The request's id and a time, and what is wrong where something is."""

    def success(self, decoded: Decoded, push: Push) -> Answer:  # noqa: ARG002  (the protocol's shape)
        return json_answer(200, _echo(push))

    def failure(self, error: PrologueError, push: Push) -> Answer:
        told = error_text(error_fields(error))
        return json_answer(status_of(error), {**_echo(push), "errorMessage": told}, error_headers(error))


def _echo(push: Push) -> dict[str, Any]:
    request_id = push.headers.get("x-amz-firehose-request-id", "")
    return {"requestId": request_id, "timestamp": push.received_ns // 1_000_000}


RECEIVER = Receiver("firehose", ("/insert/firehose",), decode, FirehoseAnswers(), admit=admit)
