"""What an agent tells of itself: one snapshot, from which the status page, `/metrics` and the command come.

Next chapter: `prologue.app.agent.server`, which answers with it.
"""

from __future__ import annotations

import time
from typing import Any

from prologue.app import collecting
from prologue.collect.collector import Collector
from prologue.config.sections.agent import Agent
from prologue.ship.sink import ShippingSink
from prologue.telemetry import metrics
from prologue.telemetry.version import version


class Report:
    """Thread-safe; asking is cheap."""

    def __init__(self, agent: Agent, name: str, collector: Collector | None, sink: ShippingSink) -> None:
        self._agent = agent
        self._name = name
        self._collector = collector
        self._sink = sink
        self._started = time.time()

    def snapshot(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        stats = self._sink.snapshot()
        collector = self._collector
        return {
            "version": version(),
            "agent": self._name,
            "started": self._started,
            "destination": {
                "url": self._agent.url,
                "protocol": self._agent.protocol,
                "tenant": self._agent.tenant,
                "shipped_payloads": stats.payloads,
                "shipped_bytes": stats.bytes,
                "retries": stats.retries,
                "refused_payloads": stats.refused,
                "waiting_payloads": stats.waiting,
                "last_success": stats.last_success_at or None,
                "last_error": stats.last_error or None,
                "last_error_at": stats.last_error_at or None,
            },
            "limited": [
                {
                    "service": one.service,
                    "bytes_per_second": one.rate,
                    "waited_seconds": round(one.waited_s, 1),
                }
                for one in (collector.limited() if collector is not None else ())
            ],
            "problems": list(collector.problems()) if collector is not None else [],
            "sources": [collecting.describe(source) for source in collector.status()] if collector else [],
        }

    def bind(self) -> None:
        """Let `/metrics` read from the sink."""
        sink = self._sink
        metrics.SHIP_PAYLOADS.set_function(lambda: sink.snapshot().payloads)
        metrics.SHIP_BYTES.set_function(lambda: sink.snapshot().bytes)
        metrics.SHIP_RETRIES.set_function(lambda: sink.snapshot().retries)
        metrics.SHIP_REFUSED.set_function(lambda: sink.snapshot().refused)
        metrics.SHIP_WAITING_BYTES.set_function(lambda: sink.snapshot().waiting_bytes)
        metrics.SHIP_LAST_SUCCESS.set_function(lambda: sink.snapshot().last_success_at)
