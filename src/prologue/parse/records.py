"""Arrow records as receivers of row-shaped protocols build them: nothing left to parse but levels.

Tables of all payloads are put together by Arrow; the canonical label sets stay dictionary-encoded,
so the engine computes a stream's id once for each distinct set.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from prologue.model.errors import PayloadError
from prologue.model.payload import Payload
from prologue.parse import timestamps
from prologue.parse.columns import ParseOptions
from prologue.parse.job import ParseJob

_STRUCTURE = (
    "timestamp Int64, observed Int64, stream LowCardinality(String), severity_number UInt8, "
    "severity_text LowCardinality(String), body String, trace_id String, span_id String, "
    "attributes Map(String, String)"
)


def parse(payloads: Sequence[Payload], _options: ParseOptions) -> ParseJob:
    """The job for payloads of one tenant. Raises PayloadError where one is not a stream of records."""
    try:
        tables = [pa.ipc.open_stream(pa.py_buffer(payload.data)).read_all() for payload in payloads]
        table = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    except pa.ArrowException as error:
        raise PayloadError(f"the payload is not an Arrow stream of records: {error}") from error
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return ParseJob(
        format="ArrowStream",
        structure=_STRUCTURE,
        data=(sink.getvalue(),),
        select=_raw(),
        parameters={"tenant": payloads[0].tenant},
        rows=table.num_rows,
    )


def _raw() -> str:
    return f"""
SELECT {{tenant:String}} AS tenant,
    if(timestamp <= 0, NULL, {timestamps.from_nanoseconds("timestamp")}) AS sent,
    {timestamps.from_nanoseconds("observed")} AS observed, stream AS labels, severity_number, severity_text,
    body, trace_id, span_id,
    CAST(attributes, 'Map(LowCardinality(String), String)') AS attributes
FROM {{source}}"""
