"""What the parts of a node know of themselves, as gauges: read when somebody asks `/metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prologue.collect.collector import Collector
from prologue.pipeline.progress import Progress
from prologue.telemetry import metrics

if TYPE_CHECKING:  # an agent has gauges and no buffer
    from prologue.buffer.disk import DiskBuffer


def bind_buffer(buffer: DiskBuffer) -> None:
    metrics.BUFFER_BYTES.set_function(lambda: buffer.stats().bytes)
    metrics.BUFFER_SEGMENTS.set_function(lambda: buffer.stats().segments)
    metrics.BUFFER_OLDEST_SECONDS.set_function(lambda: buffer.stats().oldest_age)
    metrics.BUFFER_DISK_FULL.set_function(lambda: buffer.stats().disk_full)
    metrics.BUFFER_REFUSED.set_function(lambda: buffer.stats().refused_payloads)
    metrics.BUFFER_SET_ASIDE.set_function(lambda: buffer.stats().set_aside_segments)
    metrics.BUFFER_QUARANTINED.set_function(lambda: buffer.stats().quarantined_frames)


def bind_collector(collector: Collector) -> None:
    metrics.COLLECT_SOURCES.set_function(lambda: collector.totals().sources)
    metrics.COLLECT_ACKED_BYTES.set_function(lambda: collector.totals().acked_bytes)
    metrics.COLLECT_RETRIES.set_function(lambda: collector.totals().retries)
    metrics.COLLECT_LOST_BYTES.set_function(lambda: collector.totals().lost_bytes)
    metrics.COLLECT_LIMITED_SECONDS.set_function(lambda: sum(one.waited_s for one in collector.limited()))
    metrics.COLLECT_LAG_BYTES.set_function(lambda: sum(source.lag_bytes for source in collector.status()))


def bind_progress(progress: Progress) -> None:
    metrics.STORE_LAST_BATCH_TIMESTAMP.set_function(lambda: (progress.now.stored_ns or 0) / 1e9)
