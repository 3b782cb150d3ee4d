-- An insert compresses with LZ4, a merge with ZSTD (engine.xml): what was inserted is rewritten within seconds, so
-- compressing it well twice is work for nothing (decision 19). Attributes stay as they are: ZSTD(3) makes a third of them.
ALTER TABLE logs
    MODIFY COLUMN timestamp CODEC(GCD, Delta(8), Default),
    MODIFY COLUMN observed CODEC(Delta(8), Default),
    MODIFY COLUMN stream CODEC(Default),
    MODIFY COLUMN batch CODEC(Delta(8), Default),
    MODIFY COLUMN level CODEC(Default),
    MODIFY COLUMN severity_number CODEC(Default),
    MODIFY COLUMN body CODEC(Default),
    MODIFY COLUMN trace_id CODEC(Default),
    MODIFY COLUMN span_id CODEC(Default);
