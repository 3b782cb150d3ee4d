"""Loki push: `POST /loki/api/v1/push`, in JSON or as snappy-compressed protobuf.

As in Loki: JSON is `application/json`; protobuf is `application/x-protobuf` or no content type,
always in snappy's block format, whatever `Content-Encoding` says on top. A body is taken whole or
refused whole; any timestamp and any order is taken.

Source: Loki's HTTP API, "Ingest logs". Next chapter: `prologue.receive.loki.protobuf`.
"""

from __future__ import annotations

from dataclasses import replace

from prologue.model.errors import UserError
from prologue.receive.answers import PlainAnswers
from prologue.receive.compression import unsnappy
from prologue.receive.loki.json_form import decode_json
from prologue.receive.loki.protobuf import decode_protobuf
from prologue.receive.receiver import Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings

_PROTOBUF = ("", "application/x-protobuf", "application/protobuf")


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """The records of a push request in the form its content type names."""
    if push.content_type == "application/json":
        return decode_json(push, settings)
    if push.content_type not in _PROTOBUF:
        raise UserError(
            f"Content-Type {push.content_type[:40]!r} is not supported here",
            cure="send application/json, or snappy-compressed protobuf as application/x-protobuf",
            code="unsupported_content_type",
        )
    body = push.body
    if push.headers.get("content-encoding", "").strip().lower() != "snappy":
        body = unsnappy(body, settings.max_decompressed_bytes)
    return decode_protobuf(replace(push, body=body), settings)


RECEIVER = Receiver("loki", ("/loki/api/v1/push",), decode, PlainAnswers())
