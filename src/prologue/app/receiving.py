"""The ways in over the network, as the configuration describes them."""

from __future__ import annotations

import logging

import msgspec

from prologue.app.limiting import limit_settings
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError
from prologue.model.payload import PayloadSink
from prologue.receive.envoy.receiver import ENVOY
from prologue.receive.grpc import health
from prologue.receive.grpc.access_logs import AccessLogs
from prologue.receive.grpc.logs import OTLP_GRPC, Logs
from prologue.receive.grpc.server import GrpcServer
from prologue.receive.intake import Intake
from prologue.receive.kafka.settings import KafkaSettings, TopicFormat
from prologue.receive.kafka.source import KafkaSource
from prologue.receive.limits import RateLimits
from prologue.receive.settings import Credentials, ReceiveSettings
from prologue.receive.standing import Standings
from prologue.receive.tls import TlsSettings, tls_settings

logger = logging.getLogger(__name__)

GRPC_RECEIVERS = (OTLP_GRPC, ENVOY)


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
        credentials=Credentials(**msgspec.structs.asdict(settings.receivers)),
    )


def http_tls(settings: Settings) -> TlsSettings | None:
    """TLS of the HTTP server, its files read once so that a wrong one is found before anything is started."""
    http = settings.http
    tls = tls_settings("http", http.tls_cert, http.tls_key, http.tls_client_ca)
    if tls is not None:
        tls.server_context()
    return tls


def grpc_tls(settings: Settings) -> TlsSettings | None:
    """TLS of the gRPC server."""
    grpc = settings.grpc
    return tls_settings("grpc", grpc.tls_cert, grpc.tls_key, grpc.tls_client_ca)


def start_grpc(settings: Settings, intake: Intake, *, must: bool = True) -> GrpcServer | None:
    """The gRPC server, listening; None where it is off, or where it need not and its address is another's.

    By default it listens where OpenTelemetry's SDKs send by default. On a machine with a collector that is
    taken, which is a warning; an address that somebody chose is what senders were told: it `must` be free.
    """
    grpc = settings.grpc
    if not grpc.listen:
        return None
    tls = grpc_tls(settings)
    server = GrpcServer(
        grpc.listen,
        [Logs(intake).handler(), AccessLogs(intake).handler(), health.handler()],
        max_message_bytes=settings.receive.max_body_bytes,
        tls=tls,
    )
    try:
        server.start()
    except ConfigError as error:
        if must or tls is not None:
            raise
        logger.warning("%s; going on without gRPC", error.message)
        for receiver in GRPC_RECEIVERS:
            intake.standings.tally(receiver.name, f"{grpc.listen} (grpc)").lost(0, error.message)
        return None
    for receiver in GRPC_RECEIVERS:
        intake.standings.tally(receiver.name, f"{server.listening} (grpc)")
    return server


def start_kafka(settings: Settings, intake: Intake) -> KafkaSource | None:
    """The Kafka source, reading; None where it is off."""
    if not settings.kafka.brokers:
        return None
    source = KafkaSource(kafka_settings(settings), intake)
    source.start()
    return source


def kafka_settings(settings: Settings) -> KafkaSettings:
    """Raises `ConfigError` for a format of messages that there is not."""
    kafka = settings.kafka
    return KafkaSettings(
        brokers=kafka.brokers,
        topics={topic: _topic_format(topic, name) for topic, name in kafka.topics.items()},
        group=kafka.group,
        username=kafka.username,
        password=kafka.password,
        options=kafka.options,
        tenant=kafka.tenant,
        tenants=kafka.tenants,
        time_fields=kafka.time_fields,
        message_fields=kafka.message_fields,
        stream_fields=kafka.stream_fields,
        batch_bytes=kafka.batch_bytes,
        max_inflight_bytes=kafka.max_inflight_bytes,
    )


def _topic_format(topic: str, name: str) -> TopicFormat:
    try:
        return TopicFormat(name)
    except ValueError as error:
        raise ConfigError(
            f"kafka.topics says of {topic!r} that it holds {name!r}",
            key="kafka.topics",
            cure="use one of " + ", ".join(TopicFormat),
        ) from error
