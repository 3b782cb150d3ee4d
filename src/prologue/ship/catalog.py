"""The protocols an agent ships by. A new one is one module, one line here, its section in docs/agent.md.

Next chapter: `prologue.ship.native`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prologue.ship.destination import Destination
from prologue.ship.loki import LokiDestination
from prologue.ship.native import NativeDestination
from prologue.ship.otlp import OtlpDestination
from prologue.ship.settings import Target


@dataclass(frozen=True, slots=True)
class Protocol:
    """`make(target, source_prefix)`; `compression` is what every endpoint of the protocol understands.

    `positions`: the endpoint tells how far it holds a source, so that nothing is stored twice.
    """

    make: Callable[[Target, str], Destination]
    compression: str
    positions: bool


PROTOCOLS: Mapping[str, Protocol] = {
    "prologue": Protocol(NativeDestination, "zstd", positions=True),
    "otlp": Protocol(OtlpDestination, "gzip", positions=False),
    "loki": Protocol(LokiDestination, "gzip", positions=False),
}
