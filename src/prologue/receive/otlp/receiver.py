"""OTLP/HTTP logs: `POST /v1/logs` and, as in Loki, `POST /otlp/v1/logs`; protobuf or JSON.

A body is taken whole or refused whole. What OTLP calls partial success is used for its other
purpose, a warning about records that were kept with a flaw.

Source: OTLP specification 1.x, "OTLP/HTTP". Next chapter: `prologue.receive.otlp.groups`.
"""

from __future__ import annotations

from prologue.model.errors import UserError
from prologue.receive.columns import records_payload
from prologue.receive.otlp.answers import JSON, PROTOBUF, OtlpAnswers
from prologue.receive.otlp.groups import Groups, split_protobuf
from prologue.receive.otlp.json_form import split_json
from prologue.receive.otlp.records import read_records
from prologue.receive.receiver import Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """The log records of an `ExportLogsServiceRequest`; none is a success too."""
    groups = _split(push, settings.max_body_records)
    return records_payload(push, read_records(groups, settings))


def _split(push: Push, limit: int) -> Groups:
    if push.content_type == JSON:
        return split_json(push.body, limit)
    if push.content_type == PROTOBUF:
        return split_protobuf(push.body, limit)
    raise UserError(
        f"Content-Type {push.content_type[:40]!r} is not one of OTLP's",
        cure=f"send {PROTOBUF} or {JSON}",
        code="unsupported_content_type",
    )


RECEIVER = Receiver("otlp", ("/v1/logs", "/otlp/v1/logs"), decode, OtlpAnswers())
