"""What can be set about the receivers. `prologue.config` fills it; nothing here reads a file.

Next chapter: `prologue.receive.intake`, which keeps the limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prologue.model.errors import ConfigError

MIB = 1024 * 1024

OTLP_INDEX_ATTRIBUTES = (
    "service.name",
    "service.namespace",
    "service.instance.id",
    "deployment.environment",
    "deployment.environment.name",
    "cloud.region",
    "cloud.availability_zone",
    "k8s.cluster.name",
    "k8s.namespace.name",
    "k8s.pod.name",
    "k8s.container.name",
    "container.name",
    "k8s.replicaset.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.cronjob.name",
    "k8s.job.name",
)
"""Loki's default `default_resource_attributes_as_index_labels`."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Who may send, by protocol: tenants by token, and single secrets. Empty: everybody may."""

    elasticsearch_api_keys: Mapping[str, str] = field(default_factory=dict)
    splunk_tokens: Mapping[str, str] = field(default_factory=dict)
    datadog_api_keys: Mapping[str, str] = field(default_factory=dict)
    firehose_access_keys: Mapping[str, str] = field(default_factory=dict)
    github_secret: str = ""
    gitlab_token: str = ""
    jenkins_token: str = ""
    argocd_token: str = ""


@dataclass(frozen=True, slots=True)
class ReceiveSettings:
    """Limits and choices of the receivers; sizes in bytes.

    `max_body_bytes` bounds one body as it travels, `max_decompressed_bytes` what it unpacks to.
    `max_body_records` bounds the records of a body, because a record of two bytes on the wire takes
    hundreds in memory. `max_inflight_bytes` bounds all bodies held in
    memory at once; over it, senders are told to come back (429); 0 means one largest body.
    `read_timeout`: seconds a sender may fall silent in the middle of a body.
    `offload_bytes`: bodies from this size on are decoded on one of `decode_threads` threads.
    `otlp_index_attributes`: resource attributes that become stream labels.
    `credentials`: who may send, where a protocol says who does.
    """

    max_body_bytes: int = 64 * MIB
    max_decompressed_bytes: int = 256 * MIB
    max_body_records: int = 1_000_000
    max_inflight_bytes: int = 0
    read_timeout: float = 30.0
    offload_bytes: int = 64 * 1024
    decode_threads: int = 2
    discover_service_name: bool = True
    otlp_index_attributes: tuple[str, ...] = OTLP_INDEX_ATTRIBUTES
    credentials: Credentials = field(default_factory=Credentials)

    def __post_init__(self) -> None:
        if self.max_inflight_bytes and self.max_inflight_bytes < self._largest:
            raise ConfigError(
                f"receive.max_inflight_bytes is {self.max_inflight_bytes}, less than what one body may take"
                f" ({self._largest}), so the largest would be refused for ever",
                key="receive.max_inflight_bytes",
                cure="raise it, or lower receive.max_body_bytes or receive.max_decompressed_bytes",
            )

    @property
    def inflight_limit(self) -> int:
        """Bytes of all bodies in memory together."""
        return self.max_inflight_bytes or self._largest

    @property
    def _largest(self) -> int:
        # A compressed body is held twice for a while, as sent and unpacked.
        return self.max_body_bytes + self.max_decompressed_bytes
