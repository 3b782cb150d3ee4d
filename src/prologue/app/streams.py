"""The listeners that the configuration asks for: one for each address that is set."""

from __future__ import annotations

import socket

from prologue.config.sections.streams import StreamSection
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError
from prologue.model.payload import PayloadSink
from prologue.receive.limits import RateLimits
from prologue.receive.standing import Standings
from prologue.receive.streams.contract import Endpoint, Listener, StreamLimits, StreamReceiver, Transport
from prologue.receive.streams.server import StreamServer
from prologue.receive.streams.sources import require_networks, require_tenants, require_zones
from prologue.receive.syslog import receiver as syslog
from prologue.receive.tls import TlsSettings, tls_settings


def server_for(
    settings: Settings, sink: PayloadSink, standings: Standings, limits: RateLimits
) -> StreamServer:
    """Sockets that are bound and not read yet. Raises `ConfigError`."""
    return StreamServer(listeners_for(settings), sink, standings=standings, rates=limits)


def listeners_for(settings: Settings) -> list[Listener]:
    """Every listener that is on. Raises `ConfigError` for settings that make no sense."""
    return [
        *syslog_listeners(settings),
        *_listeners("fluent", settings.fluent, _fluent(settings)),
        *_listeners("gelf", settings.gelf, _gelf(settings)),
    ]


def syslog_listeners(settings: Settings) -> list[Listener]:
    """Those for syslog, which `prologue agent` has too. Raises `ConfigError`."""
    return _listeners("syslog", settings.syslog, _syslog(settings))


def _syslog(settings: Settings) -> StreamReceiver:
    own = settings.syslog
    require_zones("syslog.time_zone", (own.time_zone,))
    require_zones("syslog.time_zones", own.time_zones.values())
    require_networks("syslog.time_zones", own.time_zones)
    return syslog.receiver(syslog.SyslogSettings(own.format, own.max_message_bytes))


def _fluent(settings: Settings) -> StreamReceiver:
    # Fluent Forward brings Arrow along, which an agent that listens for syslog only does without.
    from prologue.receive.fluent import receiver as fluent  # noqa: PLC0415 - as above
    from prologue.receive.fluent.handshake import Secrets  # noqa: PLC0415 - as above

    own = settings.fluent
    if own.users and not own.shared_key:
        raise ConfigError(
            "fluent.users is set and fluent.shared_key is not, so no user would be asked for",
            key="fluent.users",
            cure="set fluent.shared_key too",
        )
    name = own.hostname or socket.gethostname()
    return fluent.receiver(
        fluent.FluentSettings(
            secrets=Secrets(own.shared_key.encode(), name, own.users) if own.shared_key else None,
            stream_fields=own.stream_fields,
            max_message_bytes=own.max_message_bytes,
            max_decompressed_bytes=own.max_decompressed_bytes,
        )
    )


def _gelf(settings: Settings) -> StreamReceiver:
    from prologue.receive.gelf import receiver as gelf  # noqa: PLC0415 - as above

    own = settings.gelf
    return gelf.receiver(gelf.GelfSettings(own.max_message_bytes, own.max_chunks_bytes))


_ADDRESSES = {
    "udp_listen": Transport.UDP,
    "tcp_listen": Transport.TCP,
    "listen": Transport.TCP,
    "tls_listen": Transport.TLS,
    "unix_path": Transport.UNIX,
}


def _listeners(name: str, section: StreamSection, receiver: StreamReceiver) -> list[Listener]:
    require_tenants(f"{name}.tenant", (section.tenant,))
    require_tenants(f"{name}.tenants", section.tenants.values())
    require_networks(f"{name}.tenants", section.tenants)
    tls = tls_settings(name, section.tls_cert, section.tls_key, section.tls_client_ca)
    return [
        Listener(
            receiver=receiver,
            endpoint=_endpoint(f"{name}.{setting}", transport, address, tls),
            tenant=section.tenant,
            zone=getattr(section, "time_zone", "UTC"),
            tenants=tuple(section.tenants.items()),
            zones=tuple(getattr(section, "time_zones", {}).items()),
            limits=StreamLimits(max_connections=section.max_connections),
        )
        for setting, transport in _ADDRESSES.items()
        if (address := getattr(section, setting, ""))
    ]


def _endpoint(key: str, transport: Transport, address: str, tls: TlsSettings | None) -> Endpoint:
    if transport is not Transport.TLS:
        return Endpoint(transport, address, key)
    if tls is None:
        section = key.partition(".")[0]
        raise ConfigError(
            f"{key} is set and there is no certificate",
            key=key,
            cure=f"set {section}.tls_cert and {section}.tls_key",
        )
    return Endpoint(transport, address, key, tls)
