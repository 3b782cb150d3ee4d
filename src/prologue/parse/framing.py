"""How a container runtime or the journal wraps a line, as SELECTs that unwrap it.

Each framing makes, from the payload's params, a SELECT of RAW_COLUMNS over `{source}`, whose columns are
line, tenant, labels and observed (Unix ns), and level where lines are bare. The bound parameter `zone`
is the time zone of lines that do not say theirs. Runtimes cut long lines into pieces; joining them again
costs a sort, so it is done only for batches in which a look at the bytes finds a piece.

Sources: Docker's json-file driver documentation; the Kubernetes CRI log format
(kubernetes/design-proposals, "kubelet-cri-logging"); systemd.journal-fields(7) and the JSON format of
journalctl(1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prologue.model import multiline
from prologue.model.errors import PayloadError
from prologue.model.labels import UNKNOWN_SERVICE
from prologue.parse import timestamps
from prologue.parse.columns import array, quoted
from prologue.parse.gelf import gelf
from prologue.parse.multiline import joined_sql
from prologue.parse.syslog import syslog

_ERROR = "map('__error__', '{kind}', '__error_details__', '{why}')"
_OBSERVED = timestamps.from_nanoseconds("observed")
_TEXT = "trimRight(line, '\\r\\n')"
_NO_ATTRIBUTES = "CAST(map(), 'Map(LowCardinality(String), String)')"
_UNKNOWN = quoted(UNKNOWN_SERVICE)
_ZONE = "{zone:String}"

# The journal's own bookkeeping, and what became columns.
_JOURNAL_OWN = (
    "MESSAGE",
    "PRIORITY",
    "__CURSOR",
    "__REALTIME_TIMESTAMP",
    "__MONOTONIC_TIMESTAMP",
    "__SEQNUM",
    "__SEQNUM_ID",
    "_BOOT_ID",
    "_MACHINE_ID",
    "_SOURCE_REALTIME_TIMESTAMP",
)


@dataclass(frozen=True, slots=True)
class Framing:
    """One wrapping. `select(params, partials)` unwraps; `has_partials(data, lines)` sees cut lines. `bare`:
    lines are not wrapped, so what they say can be told before the engine has them."""

    select: Callable[[Mapping[str, str], bool], str]
    has_partials: Callable[[bytes | memoryview, int], bool]
    bare: bool = False


def plain(params: Mapping[str, str], _partials: bool) -> str:
    """The line is the body, its level decided. `timestamp=detect` takes the time a line begins with."""
    detect = params.get("timestamp") == "detect"
    sent = (
        timestamps.leading("text", _ZONE, "observed")
        if detect
        else "CAST(NULL, 'Nullable(DateTime64(9, \\'UTC\\'))')"
    )
    return f"""
SELECT tenant, {sent} AS sent, {_OBSERVED} AS observed, labels, toUInt8(0) AS severity_number,
    '' AS severity_text, text AS body, '' AS trace_id, '' AS span_id, {_NO_ATTRIBUTES} AS attributes, level
FROM (SELECT *, {_TEXT} AS text FROM {{source}}) WHERE text != ''"""


def docker(params: Mapping[str, str], partials: bool) -> str:
    """json-file: {"log": "...\\n", "stream": "stdout", "time": "RFC 3339"}; a piece has no line end."""
    entry = "JSONExtract(line, 'Tuple(log String, stream String, time String)')"
    pieces = f"""
SELECT tenant, labels, observed, {_TEXT} AS text, {entry} AS entry, isValidJSON(line) AND entry.2 != '' AS ok,
    entry.3 AS time, entry.2 AS stream, if(ok, trimRight(entry.1, '\\r\\n'), text) AS piece,
    endsWith(entry.1, '\\n') OR NOT ok AS complete
FROM {{source}} WHERE text != ''"""
    return _container(
        pieces, partials, params, "DockerParserErr", "the line is not an entry of the json-file driver"
    )


def cri(params: Mapping[str, str], partials: bool) -> str:
    """`2016-10-06T00:17:09.669794202Z stdout F text`; P marks a piece."""
    parts = "extractGroups(text, '^(\\\\S+) (stdout|stderr) ([FP])[^ ]*(?: |$)((?s).*)$')"
    pieces = f"""
SELECT tenant, labels, observed, {_TEXT} AS text, {parts} AS parts, length(parts) = 4 AS ok,
    parts[1] AS time, parts[2] AS stream, if(ok, parts[4], text) AS piece,
    parts[3] = 'F' OR NOT ok AS complete
FROM {{source}} WHERE text != ''"""
    return _container(pieces, partials, params, "CRIParserErr", "the line is not of the CRI format")


def _container(pieces: str, partials: bool, params: Mapping[str, str], kind: str, why: str) -> str:
    lines = _joined(pieces) if partials else f"SELECT *, piece AS body FROM ({pieces})"
    if (rule := multiline.of_params(params)) is not None:
        lines = joined_sql(lines, rule)
    return f"""
SELECT tenant, {timestamps.best_effort("time")} AS sent, {_OBSERVED} AS observed, labels,
    toUInt8(0) AS severity_number, '' AS severity_text, body, '' AS trace_id, '' AS span_id,
    if(ok, map('stream', stream), {_ERROR.format(kind=kind, why=why)}) AS attributes
FROM ({lines})"""


def _joined(pieces: str) -> str:
    """Pieces put together: a line begins after the last complete piece.

    Pieces of stdout and stderr may alternate, so each stream of each source is joined by itself.
    The window runs over one batch; readers never cut a chunk inside such a line.
    """
    return f"""
SELECT tenant, labels, ok, stream, argMin(first_time, first_observed) AS time,
    min(first_observed) AS observed,
    arrayStringConcat(groupArray(piece)) AS body
FROM (
    SELECT tenant, labels, ok, stream, piece, time AS first_time, observed AS first_observed,
        sum(toUInt64(complete)) OVER (PARTITION BY tenant, labels, stream ORDER BY observed
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - complete AS number
    FROM ({pieces})
    ORDER BY tenant, labels, stream, first_observed
)
GROUP BY tenant, labels, stream, number, ok"""


def journal(_params: Mapping[str, str], _partials: bool) -> str:
    """journalctl's JSON: `MESSAGE` is the body, `PRIORITY` the severity, the other fields attributes.

    The service is the systemd unit, else the identifier or the command, unless the payload names one.
    A message that is not text arrives as an array of byte values and is put together again.
    """
    message = (
        "if(JSONType(line, 'MESSAGE') = 'Array', arrayStringConcat(arrayMap("
        "b -> char(b), JSONExtract(line, 'MESSAGE', 'Array(UInt8)'))), m['MESSAGE'])"
    )
    error = _ERROR.format(kind="JournalParserErr", why="the line is not an entry of the journal")
    written = timestamps.best_effort("m['__REALTIME_TIMESTAMP']")
    unit = "replaceRegexpOne(m['_SYSTEMD_UNIT'], '\\.service$', '')"
    service = f"arrayFirst(s -> s != '', [{unit}, m['SYSLOG_IDENTIFIER'], m['_COMM'], {_UNKNOWN}])"
    named = f"concat('\"service_name\":', toJSONString({service}))"
    return f"""
SELECT tenant, {written} AS sent,
    {_OBSERVED} AS observed,
    toLowCardinality(replaceOne(raw_labels, concat('"service_name":"', {_UNKNOWN}, '"'), {named})) AS labels,
    toUInt8(transform(m['PRIORITY'], ['0','1','2','3','4','5','6','7'], [21, 19, 18, 17, 13, 10, 9, 5], 0))
        AS severity_number,
    transform(m['PRIORITY'], ['0','1','2','3','4','5','6','7'],
        ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'], '') AS severity_text,
    if(ok, {message}, text) AS body, '' AS trace_id, '' AS span_id,
    if(ok, mapFilter((k, v) -> v != '' AND k NOT IN {array(_JOURNAL_OWN)}, m),
       {error}) AS attributes
FROM (
    SELECT tenant, line, observed, toString(labels) AS raw_labels, {_TEXT} AS text,
        JSONExtract(line, 'Map(LowCardinality(String), String)') AS m,
        mapContains(m, 'MESSAGE') OR mapContains(m, '__REALTIME_TIMESTAMP') AS ok
    FROM {{source}}
) WHERE text != ''"""


def _never(_data: bytes | memoryview, _lines: int) -> bool:
    return False


def _docker_pieces(data: bytes | memoryview, lines: int) -> bool:
    return bytes(data).count(b'\\n","stream":') < lines


def _cri_pieces(data: bytes | memoryview, _lines: int) -> bool:
    whole = bytes(data)
    return b" stdout P " in whole or b" stderr P " in whole


FRAMINGS: Mapping[str, Framing] = {
    "plain": Framing(plain, _never, bare=True),
    "docker": Framing(docker, _docker_pieces),
    "cri": Framing(cri, _cri_pieces),
    "journal": Framing(journal, _never),
    "syslog": Framing(syslog, _never),
    "gelf": Framing(gelf, _never),
}
"""Every framing by the name that a payload's `framing` param uses."""


def framing_of(params: Mapping[str, str]) -> Framing:
    """The framing that a payload names. Raises PayloadError where there is none of that name."""
    name = params.get("framing", "plain")
    if name not in FRAMINGS:
        raise PayloadError(f"there is no framing {name!r}", cure=f"use one of {', '.join(FRAMINGS)}")
    return FRAMINGS[name]
