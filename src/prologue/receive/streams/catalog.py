"""Every stream receiver, listed, with the transports it takes and where they listen by design.

A new one is one package, one line here, one line in `prologue.app.streams` that gives it its settings, one
page in `docs/receivers/`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prologue.receive.fluent import receiver as fluent
from prologue.receive.gelf import receiver as gelf
from prologue.receive.streams.contract import StreamReceiver, Transport
from prologue.receive.syslog import receiver as syslog


@dataclass(frozen=True, slots=True)
class StreamKind:
    """`make` builds the receiver from an instance of `settings`."""

    name: str
    transports: tuple[Transport, ...]
    settings: type[Any]
    make: Callable[[Any], StreamReceiver]


STREAMS: tuple[StreamKind, ...] = (
    StreamKind(
        "syslog",
        (Transport.UDP, Transport.TCP, Transport.TLS, Transport.UNIX),
        syslog.SyslogSettings,
        syslog.receiver,
    ),
    StreamKind("fluent", (Transport.TCP, Transport.TLS), fluent.FluentSettings, fluent.receiver),
    StreamKind("gelf", (Transport.UDP, Transport.TCP, Transport.TLS), gelf.GelfSettings, gelf.receiver),
)
