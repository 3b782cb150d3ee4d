"""Syslog as a stream receiver: RFC 5424 and RFC 3164, over UDP, TCP, TLS (RFC 5425) and a local socket.

Next chapter: `frames.py`, then `prologue.parse.syslog`.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from prologue.model.payload import Payload, PayloadFormat
from prologue.receive.streams.contract import Batch, StreamReceiver, Transport
from prologue.receive.syslog.frames import ESCAPED, SyslogDatagrams, SyslogSession


@dataclass(frozen=True, slots=True)
class SyslogSettings:
    """`format` is `auto`, `rfc5424` or `rfc3164`; `max_message_bytes` bounds one message."""

    format: str = "auto"
    max_message_bytes: int = 256 * 1024


def receiver(settings: SyslogSettings) -> StreamReceiver:
    def payload(batch: Batch) -> Payload:
        params = {"framing": "syslog", "format": settings.format, "time_zone": batch.zone}
        # Over the local socket the sender is this machine: a name that is no address of anything.
        params["peer"] = "host" if batch.transport is Transport.UNIX else "address"
        if batch.kind == ESCAPED:
            params["escaped"] = "true"
        return Payload(
            tenant=batch.tenant,
            format=PayloadFormat.LINES,
            data=batch.data,
            received_ns=batch.received_ns,
            params=params,
            records=batch.records,
        )

    return StreamReceiver(
        name="syslog",
        payload=payload,
        session=lambda address: SyslogSession(address, settings.max_message_bytes),
        datagrams=lambda: SyslogDatagrams(socket.gethostname()),
    )
