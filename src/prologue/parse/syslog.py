"""Syslog messages taken apart by the engine: RFC 5424 and its structured data, RFC 3164 as met in the wild.

A line is the sender's address, a tab, and the message. What becomes what:

| of the message | here |
|---|---|
| severity of PRI | severity number and text, as OpenTelemetry maps syslog's |
| facility of PRI, PROCID, MSGID | attributes `facility`, `procid`, `msgid` |
| TIMESTAMP | the time; without a zone in the zone of its source, without a year in the last one that fits |
| HOSTNAME, else the sender's address | label `host` |
| APP-NAME or TAG | label `service_name` |
| structured data | an attribute for each parameter: `id_name`, what a label cannot hold becomes `_` |
| MSG | the body |

A message that is of neither format is kept whole with `__error__`. Each step is a SELECT of its own, so
that nothing is evaluated twice. What a step does not apply to, it sees as an empty text, which costs
nothing; the engine's own lazy branches would compute what they share once for each branch.

Sources: RFC 5424 section 6, RFC 3164 sections 4 and 5; OpenTelemetry's logs data model, appendix B.
"""

from __future__ import annotations

from collections.abc import Mapping

from prologue.parse import labels_sql, timestamps
from prologue.parse.columns import array, quoted

SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
SEVERITY_NUMBERS = "[21, 19, 18, 17, 13, 10, 9, 5]"

FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
)  # fmt: skip
_LARGEST_PRI = 191
_MAP = "Map(LowCardinality(String), String)"
_ZONE = "{zone:String}"
_BOM = "'\\xEF\\xBB\\xBF'"

# Before the data of RFC 5424 stand six fields of at most 3, 32, 255, 48, 128 and 32 bytes.
_HEADER_BYTES = 512
_ELEMENT = r'\[[^\]"\[ ][^\]" ]*(?: [^\]"= ]+="(?:[^"\\\]]|\\(?s:.))*")*\]'
_PARAMETER = r' ([^\]"= ]+)="((?:[^"\\\]]|\\(?s:.))*)"'

# "Nov 26 01:02:03", perhaps with a year and a fraction, or ISO 8601, which rsyslog and syslog-ng send. Cisco
# puts a number before it, and a "*" or "." where it does not trust its clock.
_STAMP = (
    r"^((?:\d{1,10}: )?[*.]?([A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)(?: [A-Z]{3,4}:|:| |$) ?)"
)
_YEARLESS = r"^[A-Z][a-z]{2} [ \d]?\d \d\d:"
# A host, a tag, a process id; the host may be missing (local senders), or have " :" behind it (Cisco's ASA).
_TAG = r"^((?:(\S*[^\s:\[\]]) (?:: )?)?([^\s:\[\]]+)(?:\[([^\]\s]*)\]:?|:)(?: |$))"
_TAG_BYTES = 384


def syslog(params: Mapping[str, str], _partials: bool) -> str:
    """RAW_COLUMNS of syslog lines. Params: `format` (auto, rfc5424, rfc3164), `peer` (`address`, or `host`
    where it is this machine's name), `escaped`, and the bound `zone`."""
    return f"""
SELECT tenant, {_sent()} AS sent, observed, {_labels()} AS labels,
    toUInt8(if(valid, {SEVERITY_NUMBERS}[pri % 8 + 1], 0)) AS severity_number,
    if(valid, {array(SEVERITIES)}[pri % 8 + 1], '') AS severity_text,
    if(failed = '', message, text) AS body, '' AS trace_id, '' AS span_id,
    {_attributes(params.get("peer", "address") == "address")} AS attributes
FROM ({_fields(_tagged(_headed(_begun(params))))})"""


def _begun(params: Mapping[str, str]) -> str:
    """The sender, the text, its priority, and what follows that: `new` in RFC 5424, else `old`."""
    raw = "substring(line, tab + 1)"
    if params.get("escaped"):
        parts = f"splitByString('\\\\\\\\', {raw})"
        raw = f"arrayStringConcat(arrayMap(part -> replaceAll(part, '\\\\n', '\\n'), {parts}), '\\\\')"
    form = {"rfc5424": "valid", "rfc3164": "false"}.get(
        params.get("format", "auto"), "startsWith(rest, '1 ')"
    )
    return f"""
SELECT *, valid AND {form} AS is_new, if(is_new, rest, '') AS new, if(valid AND NOT is_new, rest, '') AS old
FROM (
    SELECT tenant, labels, {timestamps.from_nanoseconds("observed")} AS observed, left(line, tab - 1) AS peer,
        text, digits != '' AND pri <= {_LARGEST_PRI} AS valid, digits, toUInt16OrZero(digits) AS pri,
        substring(text, length(digits) + 3) AS rest
    FROM (
        SELECT tenant, labels, observed, line, position(line, '\\t') AS tab,
            trimRight({raw}, '\\r\\n\\0') AS text, extract(left(text, 5), '^<([0-9]{{1,3}})>') AS digits
        FROM {{source}}
    ) WHERE text != ''
)"""


def _headed(source: str) -> str:
    """RFC 5424's header as an array of its fields, and its data with the message behind; RFC 3164's time."""
    data = "substring(new, arraySum(f -> length(f), arraySlice(head, 1, 6)) + 7)"
    return f"""
SELECT *, splitByChar(' ', left(new, {_HEADER_BYTES}), 7) AS head, {data} AS data_on,
    if(startsWith(data_on, '['), extract(data_on, {quoted(f"^((?:{_ELEMENT})+)(?: |$)")}), '') AS data,
    extractGroups(left(old, 64), {quoted(_STAMP)}) AS stamp, substring(old, length(stamp[1]) + 1) AS old_on
FROM ({source})"""


def _tagged(source: str) -> str:
    """RFC 3164's host, tag and process id. Without a time before it only a tag with a process id is one."""
    found = f"extractGroups(left(old_on, {_TAG_BYTES}), {quoted(_TAG)})"
    sure = "notEmpty(stamp) OR (tag_found[2] = '' AND tag_found[4] != '')"
    return f"""
SELECT *, {found} AS tag_found, if({sure}, tag_found, []) AS tag,
    if(empty(tag) AND notEmpty(stamp), extract(old_on, '^(\\\\S+) '), '') AS first_word
FROM ({source})"""


def _fields(source: str) -> str:
    """Both formats' fields under one set of names, and why the message `failed`, empty where it did not."""
    after = "substring(data_on, if(startsWith(data_on, '['), length(data), 1) + 2)"
    # After the mark of UTF-8; rsyslog puts one blank before the message that is not the application's.
    skipped = f"multiIf(startsWith({after}, {_BOM}), 4, match({after}, '^ [^ ]'), 2, 1)"
    new_message = f"substring({after}, {skipped})"
    before = "if(notEmpty(tag), length(tag[1]), length(first_word) + (first_word != ''))"
    bad_data = "(data = '' AND NOT (data_on = '-' OR startsWith(data_on, '- ')))"
    return f"""
SELECT *,
    if(is_new, head[2], replaceOne(stamp[2], ',', '.')) AS time_text,
    multiIf(is_new, head[3], notEmpty(tag), tag[2], first_word) AS named,
    if(named IN ('', '-'), peer, named) AS host,
    if(is_new, head[4], tag[3]) AS app, if(is_new, head[5], tag[4]) AS procid,
    if(is_new, head[6], '') AS msgid,
    if(is_new, {new_message}, substring(old_on, {before} + 1)) AS message,
    multiIf(digits = '', 'the message does not begin with a priority',
        NOT valid, 'the priority is over {_LARGEST_PRI}',
        is_new AND length(head) < 7, 'the header of RFC 5424 breaks off',
        is_new AND {bad_data}, 'the structured data of RFC 5424 are malformed', '') AS failed
FROM ({source})"""


def _sent() -> str:
    yearless = f"match(time_text, {quoted(_YEARLESS)})"
    return (
        f"if({yearless}, {timestamps.latest('time_text', _ZONE, 'observed')}, "
        f"{timestamps.parsed('time_text', _ZONE)})"
    )


def _labels() -> str:
    app = "if(app IN ('', '-'), JSONExtractString(labels, 'service_name'), app)"
    return labels_sql.canonical({"host": "host", "service_name": app})


def _attributes(peer_is_address: bool) -> str:
    """Pairs without those that say nothing."""
    peer = "[('network_peer_address', peer)]" if peer_is_address else "[]"
    name = "replaceRegexpAll(concat(extract(element, '^\\\\[([^\\\\] ]+)'), '_', p[1]), '[^a-zA-Z0-9_]', '_')"
    value = "replaceRegexpAll(p[2], '\\\\\\\\([\"\\\\\\\\\\\\]])', '\\\\1')"
    parameters = (
        f"arrayFlatten(arrayMap(element -> arrayMap(p -> ({name}, {value}), "
        f"extractAllGroupsVertical(element, {quoted(_PARAMETER)})), extractAll(data, {quoted(_ELEMENT)})))"
    )
    own = (
        f"[('facility', if(valid, {array(FACILITIES)}[intDiv(pri, 8) + 1], '')), ('procid', procid), "
        "('msgid', msgid), ('__error__', if(failed = '', '', 'SyslogParserErr')), "
        "('__error_details__', failed)]"
    )
    pairs = f"arrayConcat({own}, {peer}, {parameters})"
    return f"CAST(arrayFilter(pair -> pair.2 NOT IN ('', '-'), {pairs}), '{_MAP}')"
