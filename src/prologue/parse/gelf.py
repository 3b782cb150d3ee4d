"""GELF messages taken apart by the engine.

A line is one JSON object, with `peer=address` behind the sender's address and a tab. `short_message` is the
body (where it is missing, `full_message`), `level` the severity as in syslog, `timestamp` the time in
seconds; `host` is a label and so is the service, found in the additional fields, whose names lose the
underscore that marks them. What is no JSON object is kept whole with `__error__`.

Source: Graylog's GELF specification 1.1, "GELF Payload Specification".
"""

from __future__ import annotations

from collections.abc import Mapping

from prologue.parse import labels_sql, timestamps
from prologue.parse.columns import array
from prologue.parse.syslog import SEVERITIES, SEVERITY_NUMBERS

_MAP = "Map(LowCardinality(String), String)"
_LEVELS = array([str(level) for level in range(len(SEVERITIES))])

# What became columns or labels, or says only that this is GELF.
_OWN = ("version", "host", "short_message", "timestamp", "level", "_trace_id", "_span_id")


def gelf(params: Mapping[str, str], _partials: bool) -> str:
    """RAW_COLUMNS of GELF lines."""
    prefixed = params.get("peer") == "address"
    place = "position(line, '\\t')"
    text, peer = (f"substring(line, {place} + 1)", f"left(line, {place} - 1)") if prefixed else ("line", "''")
    error = "map('__error__', 'GELFParserErr', '__error_details__', 'the message is not a JSON object')"
    fields = f"mapFilter((k, v) -> v != '' AND k NOT IN {array(_OWN)}, m)"
    named = f"mapApply((k, v) -> (if(startsWith(k, '_'), substring(k, 2), k), v), {fields})"
    address = "map('network_peer_address', peer)" if prefixed else "map()"
    attributes = f"mapConcat(CAST({address}, '{_MAP}'), CAST(if(ok, additional, {error}), '{_MAP}'))"
    service = "if(service != 'unknown_service', service, JSONExtractString(labels, 'service_name'))"
    labels = {"host": "if(m['host'] != '', m['host'], peer)", "service_name": service}
    return f"""
SELECT tenant, {timestamps.best_effort("m['timestamp']")} AS sent, observed,
    {labels_sql.canonical(labels)} AS labels,
    toUInt8(transform(m['level'], {_LEVELS}, {SEVERITY_NUMBERS}, 0)) AS severity_number,
    transform(m['level'], {_LEVELS}, {array(SEVERITIES)}, '') AS severity_text,
    multiIf(NOT ok, text, m['short_message'] != '', m['short_message'], m['full_message'] != '',
        m['full_message'], text) AS body,
    m['_trace_id'] AS trace_id, m['_span_id'] AS span_id,
    CAST({attributes}, '{_MAP}') AS attributes
FROM (
    SELECT *, {named} AS additional, {labels_sql.service_name("additional")} AS service
    FROM (
        SELECT tenant, labels, {timestamps.from_nanoseconds("observed")} AS observed, {peer} AS peer,
            trimBoth({text}, ' \\r\\n') AS text, JSONExtract(text, '{_MAP}') AS m, length(m) > 0 AS ok
        FROM {{source}}
    ) WHERE text != ''
)"""
