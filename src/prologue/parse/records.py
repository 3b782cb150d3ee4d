"""Arrow records as receivers of row-shaped protocols build them: nothing left to parse but levels.

Tables of all payloads are put together by Arrow; the canonical label sets stay dictionary-encoded,
so the engine computes a stream's id once for each distinct set.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from prologue.model.arrow_stream import arrow_pieces
from prologue.model.errors import PayloadError
from prologue.model.payload import Payload
from prologue.parse import timestamps
from prologue.parse.columns import EARLIEST_NS, ParseOptions
from prologue.parse.job import ParseJob
from prologue.parse.levels import decide

_STRUCTURE = (
    "timestamp Int64, observed Int64, stream LowCardinality(String), severity_number UInt8, "
    "severity_text LowCardinality(String), body String, trace_id String, span_id String, "
    "attributes Map(String, String), level LowCardinality(String)"
)


def parse(payloads: Sequence[Payload], options: ParseOptions) -> ParseJob:
    """The job for payloads of one tenant. Raises PayloadError where one is not a stream of records."""
    try:
        tables = [_table(payload, options) for payload in payloads]
        table = pa.concat_tables(tables).unify_dictionaries()
    except (pa.ArrowException, KeyError) as error:
        raise PayloadError(f"the payload is not an Arrow stream of records: {error}") from error
    levels = decide.of_records(table) if options.discover_log_levels else decide.nothing(table.num_rows)
    return ParseJob(
        format="ArrowStream",
        structure=_STRUCTURE,
        data=arrow_pieces(table.append_column("level", levels)),
        select=_raw(),
        parameters={"tenant": payloads[0].tenant},
        rows=table.num_rows,
        levels=True,
    )


def _table(payload: Payload, options: ParseOptions) -> pa.Table:
    """The payload's records. A time of observation that cannot be is replaced by that of arrival.

    It is the sender's word, and decides which other times are believed; near the end of 64 bits it would
    overflow that very comparison and hold up the batch for ever.
    """
    table = pa.ipc.open_stream(pa.py_buffer(payload.data)).read_all()
    observed = table["observed"].to_numpy()
    latest = payload.received_ns + options.max_future_seconds * 10**9
    sound = (observed >= EARLIEST_NS) & (observed <= latest)
    if sound.all():
        return table
    place = table.schema.get_field_index("observed")
    mended = pa.array(np.where(sound, observed, payload.received_ns))
    return table.set_column(place, table.schema.field(place), mended)


def _raw() -> str:
    return f"""
SELECT {{tenant:String}} AS tenant,
    if(timestamp = 0, NULL, {timestamps.from_nanoseconds("timestamp")}) AS sent,
    {timestamps.from_nanoseconds("observed")} AS observed, stream AS labels, severity_number, severity_text,
    body, trace_id, span_id,
    CAST(attributes, 'Map(LowCardinality(String), String)') AS attributes, level
FROM {{source}}"""
