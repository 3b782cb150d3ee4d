"""Plain text logs: one line, one record.

The service is the folder directly under /var/log, else the file's name without extension and rotation
suffix, unless a setting names it.

Next chapter: `prologue.collect.docker`.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from prologue.collect.chunks import Framing
from prologue.collect.kind import Kind
from prologue.collect.service import BY_FILE, BY_FOLDER, Candidate, Described, describe
from prologue.collect.settings import CollectSettings

_EXTENSIONS = "log|txt|out|err|json|jsonl|ndjson|csv"
_EXTENSION = re.compile(rf"\.({_EXTENSIONS})$", re.IGNORECASE)
# Four digits elsewhere may be a port or a year; after an extension they count rotations.
_THOUSANDS = re.compile(rf"(\.(?:{_EXTENSIONS}))\.\d{{4}}$", re.IGNORECASE)
_ROTATION = re.compile(r"[._-](\d{1,3}|\d{4}-?\d{2}-?\d{2}([T_-]?\d{2}([-:_]?\d{2}){0,2})?|\d{10})$")


def service_of(host_path: str) -> Candidate:
    """The rule and the service a plain log belongs to, by its path alone.

    >>> service_of("/var/log/nginx/access.log"), service_of("/var/log/syslog")
    (('folder', 'nginx'), ('file name', 'syslog'))
    >>> service_of("/srv/shop/logs/cart-20261123.log")[1], service_of("/srv/cart.log.1")[1]
    ('cart', 'cart')
    """
    parts = PurePosixPath(host_path).parts
    if parts[:3] == ("/", "var", "log") and len(parts) > 4:
        return BY_FOLDER, parts[3]
    return BY_FILE, stem(parts[-1])


def stem(name: str) -> str:
    """A file's name without its extension and whatever rotation put on it.

    >>> stem("app.log"), stem("app.log.2"), stem("app-2026-11-23.log"), stem("app.1.log"), stem("7.log")
    ('app', 'app', 'app', 'app', '7')
    >>> stem("app.log.1009"), stem("worker-8080.log"), stem("app.2026")
    ('app', 'worker-8080', 'app.2026')
    """
    name = _THOUSANDS.sub(r"\1", name)
    while True:
        shorter = _ROTATION.sub("", _EXTENSION.sub("", name))
        if shorter in (name, ""):
            return name
        name = shorter


def _patterns(settings: CollectSettings) -> tuple[str, ...]:
    return tuple(include.pattern for include in settings.include) if settings.files else ()


def _describe(host_path: str, _path: Path, _settings: CollectSettings) -> Described:
    return describe({}, [service_of(host_path)])


# The kubelet's links in /var/log/containers lead to files that are read under /var/log/pods.
AVOID = ("/var/log/journal", "/var/log/pods", "/var/log/containers")

PLAIN = Kind("file", Framing.PLAIN, _patterns, _describe, AVOID)
