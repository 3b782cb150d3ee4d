"""Fluent Forward as a stream receiver. Next chapter: `session.py`, then `prologue.parse.jsonlines`."""

from __future__ import annotations

from dataclasses import dataclass

from prologue.model.payload import Payload, PayloadFormat
from prologue.receive.fluent.events import MESSAGE_FIELDS, TAG, TIME
from prologue.receive.fluent.handshake import Secrets
from prologue.receive.fluent.session import FluentLimits, FluentSession
from prologue.receive.streams.contract import Batch, StreamReceiver

STREAM_FIELDS = (
    TAG,
    "service_name",
    "kubernetes.namespace_name",
    "kubernetes.pod_name",
    "kubernetes.container_name",
    "kubernetes.host",
    "container_name",
)
"""Fields that become stream labels: those of Fluent Bit's kubernetes filter and of Docker's driver."""


@dataclass(frozen=True, slots=True)
class FluentSettings:
    """Without `secrets` there is no handshake. Sizes in bytes."""

    secrets: Secrets | None = None
    stream_fields: tuple[str, ...] = STREAM_FIELDS
    max_message_bytes: int = 32 * 1024 * 1024
    max_decompressed_bytes: int = 64 * 1024 * 1024


def receiver(settings: FluentSettings) -> StreamReceiver:
    limits = FluentLimits(settings.max_message_bytes, settings.max_decompressed_bytes)
    params = {
        "time_field": TIME,
        "message_field": ",".join(MESSAGE_FIELDS),
        "stream_fields": ",".join(settings.stream_fields),
    }

    def payload(batch: Batch) -> Payload:
        return Payload(
            tenant=batch.tenant,
            format=PayloadFormat.JSON_LINES,
            data=batch.data,
            received_ns=batch.received_ns,
            params=params,
            records=batch.records,
        )

    return StreamReceiver(
        name="fluent",
        payload=payload,
        session=lambda address: FluentSession(address, limits, settings.secrets),
    )
