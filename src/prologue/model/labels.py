"""Stream labels: names, canonical form, identity, and the service a stream belongs to.

Prometheus' data model rules the names (`[a-zA-Z_:][a-zA-Z0-9_:]*`; we also map `:` away, as OTLP
ingestion in Loki does). The order of `SERVICE_NAME_SOURCES` is Loki's documented
`discover_service_name` default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

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


# What the engine's toJSONString escapes, and how: both sides must write the same text.
_ESCAPES = str.maketrans(
    {
        **{chr(code): f"\\u{code:04X}" for code in range(0x20)},
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        '"': '\\"',
        "\\": "\\\\",
        "/": "\\/",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
)


def canonical(labels: Mapping[str, str]) -> str:
    """One text for one label set: compact JSON with sorted names, as the engine would write it.

    A stream's identity is a hash of this text that the engine computes, so every way in must write
    the same set the same way (`prologue.parse.labels_sql.canonical` is the engine's side).

    >>> canonical({"b": "2", "a": "1"})
    '{"a":"1","b":"2"}'
    """
    members = (f'"{name}":"{labels[name].translate(_ESCAPES)}"' for name in sorted(labels))
    return "{" + ",".join(members) + "}"
