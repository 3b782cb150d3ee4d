"""Stream labels: names, canonical form, identity, and the service a stream belongs to.

Prometheus' data model rules the names (`[a-zA-Z_:][a-zA-Z0-9_:]*`; we also map `:` away, as OTLP
ingestion in Loki does). The order of `SERVICE_NAME_SOURCES` is Loki's documented
`discover_service_name` default.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import orjson

SERVICE_NAME = "service_name"
DETECTED_LEVEL = "detected_level"
UNKNOWN_SERVICE = "unknown_service"

SERVICE_NAME_SOURCES = (
    "service",
    "app",
    "application",
    "app_name",
    "name",
    "app_kubernetes_io_name",
    "container",
    "container_name",
    "k8s_container_name",
    "component",
    "workload",
    "job",
    "k8s_job_name",
)

_INVALID = re.compile(r"[^a-zA-Z0-9_]")


def sanitize_name(name: str) -> str:
    """A valid label name for any attribute name.

    >>> sanitize_name("k8s.pod-name"), sanitize_name("9lives"), sanitize_name("")
    ('k8s_pod_name', '_9lives', '_')
    """
    clean = _INVALID.sub("_", name)
    return clean if clean and not clean[0].isdigit() else "_" + clean


def with_service_name(labels: Mapping[str, str]) -> dict[str, str]:
    """The same labels, without empty values and with `service_name` resolved.

    >>> with_service_name({"app": "cart", "zone": ""})
    {'app': 'cart', 'service_name': 'cart'}
    """
    kept = {name: value for name, value in labels.items() if value}
    if SERVICE_NAME not in kept:
        kept[SERVICE_NAME] = next((kept[s] for s in SERVICE_NAME_SOURCES if s in kept), UNKNOWN_SERVICE)
    return kept


def canonical(labels: Mapping[str, str]) -> str:
    """One text for one label set: compact JSON with sorted names.

    >>> canonical({"b": "2", "a": "1"})
    '{"a":"1","b":"2"}'
    """
    return orjson.dumps(dict(labels), option=orjson.OPT_SORT_KEYS).decode()


def stream_id(tenant: str, canonical_labels: str) -> int:
    """The stream's 64-bit identity within all tenants; equal everywhere, for ever."""
    digest = hashlib.blake2b(canonical_labels.encode(), digest_size=8, key=tenant.encode()[:64])
    return int.from_bytes(digest.digest(), "little")
