"""What can be set about the Kafka source; `prologue.config` fills it.

Next chapter: `prologue.receive.kafka.source`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from prologue.model.errors import ConfigError
from prologue.receive.settings import MIB
from prologue.receive.tenant import DEFAULT_TENANT, resolve_tenant


class TopicFormat(enum.StrEnum):
    """What the messages of a topic are."""

    JSON = "json"  # one JSON object a message
    TEXT = "text"  # one record a message, whatever bytes it is
    OTLP = "otlp"  # one ExportLogsServiceRequest a message, protobuf
    OTLP_JSON = "otlp_json"  # the same as JSON


OWN_OPTIONS: Mapping[str, str] = {
    "bootstrap.servers": "kafka.brokers",
    "metadata.broker.list": "kafka.brokers",
    "group.id": "kafka.group",
    "sasl.username": "kafka.username",
    "sasl.password": "kafka.password",
}
"""librdkafka's options that have a setting of their own."""

FIXED_OPTIONS = frozenset({"enable.auto.commit", "enable.auto.offset.store", "partition.assignment.strategy"})
"""Those that delivery rests on."""


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """`topics` maps a topic, or a pattern that begins with `^`, to what its messages are.

    `options` are librdkafka's own, by its names. `batch_bytes` bounds one payload; `max_inflight_bytes`
    what was read and is not durable yet.
    """

    brokers: str
    topics: Mapping[str, TopicFormat]
    group: str = "prologue"
    username: str = ""
    password: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    tenant: str = DEFAULT_TENANT
    tenants: Mapping[str, str] = field(default_factory=dict)
    time_fields: tuple[str, ...] = ("_time",)
    message_fields: tuple[str, ...] = ("_msg",)
    stream_fields: tuple[str, ...] = ()
    batch_bytes: int = 4 * MIB
    max_inflight_bytes: int = 32 * MIB

    def __post_init__(self) -> None:
        if not self.topics:
            raise ConfigError(
                "kafka.brokers is set and kafka.topics is not",
                key="kafka.topics",
                cure="name the topics and what is in them: {orders: json, access: text, otel-logs: otlp}",
            )
        for name in self.options:
            if name in OWN_OPTIONS:
                raise _not_an_option(name, f"set {OWN_OPTIONS[name]} instead")
            if name in FIXED_OPTIONS:
                raise _not_an_option(name, "leave it out: that nothing is lost or doubled rests on it")
        for tenant in (self.tenant, *self.tenants.values()):
            resolve_tenant(tenant)

    def tenant_of(self, topic: str) -> str:
        return self.tenants.get(topic, self.tenant)


def _not_an_option(name: str, cure: str) -> ConfigError:
    return ConfigError(f"kafka.options cannot set {name}", key="kafka.options", cure=cure)
