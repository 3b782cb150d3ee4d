"""The record model (OpenTelemetry's log record) as Arrow columns.

Receivers of row-shaped protocols build tables of `RECORD_SCHEMA`; the writer inserts them. A
record's stream identity is one dictionary-encoded column of canonical label sets, so whatever is
computed of a label set is computed once a distinct set, never once a line.

Source: OpenTelemetry Logs Data Model, "Log and Event Record Definition".
"""

from __future__ import annotations

import pyarrow as pa

RECORD_SCHEMA = pa.schema(
    [
        # Unix time in ns; 0 or negative means the sender gave none and `observed` counts.
        pa.field("timestamp", pa.int64(), nullable=False),
        pa.field("observed", pa.int64(), nullable=False),
        # Canonical label set, see `prologue.model.labels.canonical`.
        pa.field("stream", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        # OpenTelemetry severity number, 1 to 24; 0 where the sender gave none.
        pa.field("severity_number", pa.uint8(), nullable=False),
        pa.field("severity_text", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        # The line as sent; bytes that are not UTF-8 stay as they are.
        pa.field("body", pa.large_binary(), nullable=False),
        # Lower-case hex, empty where there is none.
        pa.field("trace_id", pa.string(), nullable=False),
        pa.field("span_id", pa.string(), nullable=False),
        # Structured metadata: every attribute that is not part of the stream's identity.
        pa.field("attributes", pa.map_(pa.string(), pa.string()), nullable=False),
    ]
)
"""Columns in order; no nulls anywhere: absence is an empty string, 0, or an empty map."""
