-- The streams table: one row for each stream and UTC day that has data. Written before the lines it
-- names, so that a line is never without its labels. Duplicates are harmless and merge away.
CREATE TABLE streams
(
    tenant LowCardinality(String),
    day Date,
    stream UInt64,
    labels Map(LowCardinality(String), String)
)
ENGINE = ReplacingMergeTree
PARTITION BY toStartOfMonth(day)
ORDER BY (tenant, day, stream)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1;

-- The lines. An insert is one block, so one part a partition: a batch is in a partition wholly or not
-- at all, which is what recovery asks (see store/writer.py). `batch` is the durable segment a line
-- came in: the key of recovery and of live tail.
CREATE TABLE logs
(
    tenant LowCardinality(String),
    timestamp DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    observed DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    stream UInt64 CODEC(ZSTD(1)),
    batch UInt64 CODEC(Delta(8), ZSTD(1)),
    level LowCardinality(String),
    severity_number UInt8 CODEC(ZSTD(1)),
    severity_text LowCardinality(String),
    body String CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    retention LowCardinality(String),
    INDEX body_text lower(body) TYPE text(tokenizer = 'splitByNonAlpha'),
    INDEX trace_bloom trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX batch_range batch TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY (toDate(timestamp), retention)
ORDER BY (tenant, toStartOfHour(timestamp), stream, timestamp)
SETTINGS
    index_granularity = 2048,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_compressed_bytes_to_fsync_after_merge = 1;
