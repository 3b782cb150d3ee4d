"""The ways in over the network, as the configuration describes them."""

from __future__ import annotations

from prologue.config.settings import Settings
from prologue.model.payload import PayloadSink
from prologue.receive.intake import Intake
from prologue.receive.limits import LimitSettings, RateLimits
from prologue.receive.settings import ReceiveSettings
from prologue.receive.standing import Standings
from prologue.receive.tls import TlsSettings, tls_settings


def intake_for(settings: Settings, sink: PayloadSink, standings: Standings) -> Intake:
    """What all receivers of a node share."""
    return Intake(
        sink, receive_settings(settings), limits=RateLimits(limit_settings(settings)), standings=standings
    )


def receive_settings(settings: Settings) -> ReceiveSettings:
    receive = settings.receive
    return ReceiveSettings(
        max_body_bytes=receive.max_body_bytes,
        max_decompressed_bytes=receive.max_decompressed_bytes,
        max_body_records=receive.max_body_records,
        max_inflight_bytes=receive.max_inflight_bytes,
        read_timeout=receive.read_timeout,
        discover_service_name=settings.labels.discover_service_name,
        otlp_index_attributes=receive.otlp_index_attributes,
    )


def limit_settings(settings: Settings) -> LimitSettings:
    limits = settings.limits
    return LimitSettings(
        tenant_bytes=limits.tenant_bytes_per_second,
        tenant_lines=limits.tenant_lines_per_second,
        source_bytes=limits.source_bytes_per_second,
        source_lines=limits.source_lines_per_second,
        bytes_by_tenant=limits.bytes_per_second_by_tenant,
        lines_by_tenant=limits.lines_per_second_by_tenant,
        burst=limits.burst,
    )


def http_tls(settings: Settings) -> TlsSettings | None:
    """TLS of the HTTP server, its files read once so that a wrong one is found before anything is started."""
    http = settings.http
    tls = tls_settings("http", http.tls_cert, http.tls_key, http.tls_client_ca)
    if tls is not None:
        tls.server_context()
    return tls
