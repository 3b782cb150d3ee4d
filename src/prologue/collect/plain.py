"""Plain text logs: one line, one record.

The service is, in this order: the `service_name` of the matching pattern's labels; the folder
directly under /var/log; the file's name without extension and rotation suffix.

Next chapter: `prologue.collect.docker`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from prologue.collect.chunks import Framing
from prologue.collect.glob import compile_pattern
from prologue.collect.kind import Kind
from prologue.collect.settings import CollectSettings
from prologue.model.labels import SERVICE_NAME

_EXTENSION = re.compile(r"\.(log|txt|out|err|json|jsonl|ndjson|csv)$", re.IGNORECASE)
_ROTATION = re.compile(r"[._-](\d{1,3}|\d{4}-?\d{2}-?\d{2}([T_-]?\d{2}([-:_]?\d{2}){0,2})?|\d{10})$")


def service_name(host_path: str) -> str:
    """The service a plain log belongs to, by its path alone.

    >>> service_name("/var/log/nginx/access.log"), service_name("/var/log/syslog")
    ('nginx', 'syslog')
    >>> service_name("/srv/shop/logs/cart-20261123.log"), service_name("/srv/cart.log.1")
    ('cart', 'cart')
    """
    parts = PurePosixPath(host_path).parts
    if parts[:3] == ("/", "var", "log") and len(parts) > 4:
        return parts[3]
    return stem(parts[-1])


def stem(name: str) -> str:
    """A file's name without its extension and whatever rotation put on it.

    >>> stem("app.log"), stem("app.log.2"), stem("app-2026-11-23.log"), stem("app.1.log"), stem("7.log")
    ('app', 'app', 'app', 'app', '7')
    """
    while True:
        shorter = _ROTATION.sub("", _EXTENSION.sub("", name))
        if shorter in (name, ""):
            return name
        name = shorter


def _patterns(settings: CollectSettings) -> tuple[str, ...]:
    return tuple(include.pattern for include in settings.include) if settings.files else ()


def _labels(host_path: str, _path: Path, settings: CollectSettings) -> Mapping[str, str]:
    labels = {SERVICE_NAME: service_name(host_path)}
    for include in settings.include:
        if include.labels and compile_pattern(include.pattern).fullmatch(host_path):
            labels.update(include.labels)
            break
    return labels


# The kubelet's links in /var/log/containers lead to files that are read under /var/log/pods.
AVOID = ("/var/log/journal", "/var/log/pods", "/var/log/containers")

PLAIN = Kind("file", Framing.PLAIN, _patterns, _labels, AVOID)
