"""Where to ship to, in which pieces, and how patiently. `prologue.config` fills it.

Next chapter: `prologue.ship.sink`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint. `headers` go with every request and may be secret, as `token` is: neither is logged.

    `url` is the server's root, or for OTLP and Loki the whole address of the route where it has a path.
    `compression` is `zstd`, `gzip` or `none`; empty is what the protocol does best.
    """

    url: str
    protocol: str = "prologue"
    tenant: str = "default"
    token: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    compression: str = ""
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class ShipSettings:
    """Batches and patience. Sizes in bytes, times in seconds.

    A batch is sent when it has `batch_bytes`, or `batch_wait` after its first payload. A file's chunk is a
    little under a mebibyte, and must not wait for more: so a batch is full well before that. `connections`
    batches are on their way at once, never two with payloads of one source.
    """

    batch_bytes: int = 512 * KIB
    batch_wait: float = 0.2
    connections: int = 2
    timeout: float = 30.0
    backoff_min: float = 0.25
    backoff_max: float = 30.0
    # Positions are asked for in the background this often, so that the server does not forget them.
    refresh: float = 60.0
