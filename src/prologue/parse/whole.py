"""The last resort: a payload that its own format's parser cannot take is kept line by line, whole.

Used when the engine refuses a group of payloads. Every line stays findable, with the reason beside it.
"""

from __future__ import annotations

import pyarrow as pa

from prologue.model.labels import canonical, with_service_name
from prologue.model.payload import Payload, PayloadFormat
from prologue.parse import timestamps
from prologue.parse.job import ParseJob


def parse(payload: Payload, reason: str) -> ParseJob:
    """The job for one payload that failed; `reason` is what its parser said."""
    observed = timestamps.from_nanoseconds("{observed:Int64}")
    raw = f"""
SELECT {{tenant:String}} AS tenant, CAST(NULL, 'Nullable(DateTime64(9, \\'UTC\\'))') AS sent,
    {observed} AS observed, toLowCardinality({{labels:String}}) AS labels, toUInt8(0) AS severity_number,
    '' AS severity_text, line AS body, '' AS trace_id, '' AS span_id,
    CAST(map('__error__', 'ParserErr', '__error_details__', {{reason:String}}),
         'Map(LowCardinality(String), String)') AS attributes
FROM {{source}}"""
    return ParseJob(
        format="LineAsString",
        structure="line String",
        data=(_lines(payload),),
        select=raw,
        parameters={
            "tenant": payload.tenant,
            "observed": payload.received_ns,
            "labels": canonical(with_service_name(payload.labels)),
            "reason": reason,
        },
    )


def _lines(payload: Payload) -> bytes | memoryview:
    if payload.format is not PayloadFormat.RECORDS:
        return payload.data
    try:
        bodies = pa.ipc.open_stream(pa.py_buffer(payload.data)).read_all()["body"].to_pylist()
    except (pa.ArrowException, KeyError):  # not records at all: the bytes are all there is to keep
        return payload.data
    return b"\n".join(body or b"" for body in bodies)
