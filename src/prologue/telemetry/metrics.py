"""Every metric Prologue exposes, declared in one place, in Prometheus' terms.

One registry of our own (not the client library's global one), so that what `/metrics` answers is
exactly what stands here and a test can hold the documentation against it. Names follow Prometheus'
conventions: base units, `_total` on counters. Labels never carry what a sender chooses (tenants,
stream labels): a sender must not be able to grow the monitoring.

Next chapter: `prologue.serve`, which answers `/metrics` with `render()`.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

# Each counter's time of creation, as a metric of its own: a third more text that nobody reads.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves this one function untyped

REGISTRY = CollectorRegistry()
"""The only registry; the process', the interpreter's and the collector's own metrics are in it too."""

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

# Receivers. `receiver` is a name of `prologue.receive.catalog`.
RECEIVE_REQUESTS = Counter(
    "prologue_receive_requests_total",
    "Push requests answered, by receiver and HTTP status or gRPC code; 499 where the sender hung up first.",
    ["receiver", "status"],
    registry=REGISTRY,
)
RECEIVE_WIRE_BYTES = Counter(
    "prologue_receive_wire_bytes_total",
    "Bytes of push bodies as they came over the network, compressed or not.",
    ["receiver"],
    registry=REGISTRY,
)
RECEIVE_BODY_BYTES = Counter(
    "prologue_receive_body_bytes_total",
    "Bytes of push bodies once decompressed.",
    ["receiver"],
    registry=REGISTRY,
)
RECEIVE_RECORDS = Counter(
    "prologue_receive_records_total",
    "Records acknowledged to senders: each is durable.",
    ["receiver"],
    registry=REGISTRY,
)
RECEIVE_SECONDS = Histogram(
    "prologue_receive_seconds",
    "Time from a push request's first byte to its answer, durability included.",
    ["receiver"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
RECEIVE_INFLIGHT_BYTES = Gauge(
    "prologue_receive_inflight_bytes",
    "Bytes of push bodies held in memory now, wire and decompressed together.",
    registry=REGISTRY,
)
RECEIVE_LIMITED = Counter(
    "prologue_receive_limited_total",
    "Pushes refused, or pauses of reading, because a tenant or a source was over its limit.",
    ["receiver", "limit"],
    registry=REGISTRY,
)
KAFKA_LAG = Gauge(
    "prologue_kafka_lag_messages",
    "Messages in the Kafka partitions this process reads that are not durable here yet.",
    registry=REGISTRY,
)

# Receivers that are sockets: syslog, Fluent Forward, GELF. What they take counts above, too.
STREAM_CONNECTIONS = Gauge(
    "prologue_stream_connections",
    "Connections open now.",
    ["receiver"],
    registry=REGISTRY,
)
STREAM_ERRORS = Counter(
    "prologue_stream_errors_total",
    "What senders did that could not be understood or was over a limit; the log says what and who.",
    ["receiver"],
    registry=REGISTRY,
)
STREAM_DROPPED = Counter(
    "prologue_stream_dropped_total",
    "Records lost, by reason: `kernel` (its queue of datagrams was full), `crowded` (datagrams that came"
    " while the buffer took nothing), `incomplete` (parts of a message whose others did not come), `limited`"
    " (datagrams over a rate of `limits`), `refused` (too large for the buffer). Protocols with back-pressure"
    " lose none.",
    ["receiver", "why"],
    registry=REGISTRY,
)

# From the buffer to the store.
INGEST_ROWS = Counter(
    "prologue_ingest_rows_total", "Lines that are in the store, since start.", registry=REGISTRY
)
INGEST_BYTES = Counter(
    "prologue_ingest_bytes_total", "Bytes of payloads that are in the store, since start.", registry=REGISTRY
)
INGEST_RETRIES = Counter(
    "prologue_ingest_retries_total",
    "Tries to store a batch that failed and were, or will be, repeated.",
    registry=REGISTRY,
)
INGEST_UNPARSABLE = Counter(
    "prologue_ingest_unparsable_payloads_total",
    "Payloads the engine could not read as their format; their lines are stored whole with `__error__`.",
    ["format"],
    registry=REGISTRY,
)
INGEST_SET_ASIDE = Counter(
    "prologue_ingest_set_aside_batches_total",
    "Batches the engine refused whatever was tried, set aside so that those after them are stored.",
    registry=REGISTRY,
)
INGEST_BATCH_SECONDS = Histogram(
    "prologue_ingest_batch_seconds",
    "Time to parse, insert and release one batch.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
PARSER_LINES = Counter(
    "prologue_parser_lines_total",
    "Lines that a custom parser's pipeline took, each batch counted once it is stored.",
    ["parser"],
    registry=REGISTRY,
)
PARSER_ERRORS = Counter(
    "prologue_parser_errors_total",
    "Lines on which a stage of the pipeline failed; they are stored whole with `__error__`.",
    ["parser"],
    registry=REGISTRY,
)
PARSER_DROPPED = Counter(
    "prologue_parser_dropped_lines_total",
    "Lines the pipeline was told not to keep (`drop`, `sample`, ...) or joined to others (`multiline`).",
    ["parser"],
    registry=REGISTRY,
)
RETENTION_ROWS = Counter(
    "prologue_retention_dropped_rows_total",
    "Lines dropped because they were past retention.",
    registry=REGISTRY,
)

# The disk buffer. Read when `/metrics` is asked, from the buffer's own statistics.
BUFFER_BYTES = Gauge(
    "prologue_buffer_bytes", "Bytes that are acknowledged and not in the store yet.", registry=REGISTRY
)
BUFFER_SEGMENTS = Gauge(
    "prologue_buffer_segments", "Segments that are not in the store yet.", registry=REGISTRY
)
BUFFER_OLDEST_SECONDS = Gauge(
    "prologue_buffer_oldest_seconds",
    "Age of the oldest acknowledged payload that is not in the store yet; 0 where there is none.",
    registry=REGISTRY,
)
BUFFER_DISK_FULL = Gauge(
    "prologue_buffer_disk_full", "1 while pushes are refused because the disk is full.", registry=REGISTRY
)
BUFFER_REFUSED = Gauge(
    "prologue_buffer_refused_payloads",
    "Payloads refused at the door since start: the buffer was full or closing; their senders were told.",
    registry=REGISTRY,
)
BUFFER_QUARANTINED = Gauge(
    "prologue_buffer_quarantined_frames",
    "Frames found damaged on disk since start and set aside. Anything above 0 wants a look.",
    registry=REGISTRY,
)

BUFFER_SET_ASIDE = Gauge(
    "prologue_buffer_set_aside_segments",
    "Batches that were acknowledged and can never be stored as they are, kept in `buffer/set-aside`.",
    registry=REGISTRY,
)

# Collection from this machine. Read when `/metrics` is asked.
COLLECT_SOURCES = Gauge("prologue_collect_sources", "Files and journals being followed.", registry=REGISTRY)
COLLECT_LAG_BYTES = Gauge(
    "prologue_collect_lag_bytes",
    "Bytes written to followed files and not durable here yet.",
    registry=REGISTRY,
)
COLLECT_ACKED_BYTES = Gauge(
    "prologue_collect_acked_bytes", "Bytes collected and durable, since start.", registry=REGISTRY
)
COLLECT_RETRIES = Gauge(
    "prologue_collect_retries", "Chunks that had to be sent again, since start.", registry=REGISTRY
)
COLLECT_LOST_BYTES = Gauge(
    "prologue_collect_lost_bytes",
    "Bytes that were gone before they could be read, since start: truncated or removed while not followed.",
    registry=REGISTRY,
)

COLLECT_LIMITED_SECONDS = Gauge(
    "prologue_collect_limited_seconds",
    "Time that services spent waiting because they were over their rate, since start, all together.",
    registry=REGISTRY,
)

# What `prologue agent` ships. Read when the agent's `/metrics` is asked; 0 everywhere else.
SHIP_PAYLOADS = Gauge(
    "prologue_ship_payloads", "Payloads the endpoint acknowledged, since start.", registry=REGISTRY
)
SHIP_BYTES = Gauge(
    "prologue_ship_bytes", "Bytes of the payloads the endpoint acknowledged, since start.", registry=REGISTRY
)
SHIP_RETRIES = Gauge(
    "prologue_ship_retries",
    "Tries that failed and were, or will be, repeated, since start.",
    registry=REGISTRY,
)
SHIP_REFUSED = Gauge(
    "prologue_ship_refused_payloads",
    "Payloads the endpoint refused for good, put aside on the agent's disk. Anything above 0 wants a look.",
    registry=REGISTRY,
)
SHIP_WAITING_BYTES = Gauge(
    "prologue_ship_waiting_bytes", "Bytes read that wait for their batch.", registry=REGISTRY
)
SHIP_LAST_SUCCESS = Gauge(
    "prologue_ship_last_success_timestamp_seconds",
    "Unix time of the newest acknowledgement; 0 before the first since start.",
    registry=REGISTRY,
)

# The store.
STORE_LAST_BATCH_TIMESTAMP = Gauge(
    "prologue_store_last_batch_timestamp_seconds",
    "Unix time at which the newest batch was stored; 0 before the first since start.",
    registry=REGISTRY,
)


def render() -> tuple[bytes, str]:
    """All metrics now in the text format, and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_PLAIN_0_0_4
