-- Reprocessings of stored lines: kept for ever, as the record of what was parsed again, when and by what. A row
-- is written for each change of status; the one with the highest version counts.
CREATE TABLE reruns
(
    tenant LowCardinality(String),
    id String,
    query String,
    first Int64,
    last Int64,
    upto UInt64,
    pipelines String,
    created Int64,
    status LowCardinality(String),
    lines UInt64,
    message String,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1;
