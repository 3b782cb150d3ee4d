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

A message that is of neither format is kept whole with `__error__`. What a step does not apply to, it sees as
an empty text, which costs next to nothing, and what both formats may have is put together by `concat`, not
chosen by `if`: the engine evaluates branches lazily, and what they share once for each of them (measured on
RFC 3164: 4.8 us a line with `if`, 1.9 without).

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

# The two times that nearly all senders of RFC 3164 write: its own, and ISO 8601 (rsyslog, syslog-ng).
_CLASSIC = r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d $"
_ISO = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?$"
# The others: a year or a fraction, a zone's name behind, Cisco's number before it and its "*" or "." for a
# clock that it does not trust.
_STAMP = (
    r"^((?:\d{1,10}: )?[*.]?([A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)(?: [A-Z]{3,4}:|:| |$) ?)"
)
_YEARLESS = r"^[A-Z][a-z]{2} [ \d]?\d \d\d:"
# "tag:", "tag[id]:" or "tag[id]"
_TAG = r"^[^\s:\[\]]+(?:\[[^\]\s]*\]:?|:)$"
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
    on = "substring(new, arraySum(f -> length(f), arraySlice(head, 1, 6)) + 7)"
    elements = quoted(f"^((?:{_ELEMENT})+)(?: |$)")
    return f"""
SELECT *, substring(old, stamp_bytes + 1) AS old_on,
    substring(data_on, greatest(length(data), 1) + 2) AS after
FROM (
    SELECT *, splitByChar(' ', left(new, {_HEADER_BYTES}), 7) AS head, {on} AS data_on,
        extract(if(startsWith(data_on, '['), data_on, ''), {elements}) AS data,
        match(left(old, 16), {quoted(_CLASSIC)}) AS classic,
        substringIndex(left(old, 40), ' ', 1) AS first, match(first, {quoted(_ISO)}) AS iso,
        extractGroups(if(classic OR iso, '', left(old, 64)), {quoted(_STAMP)}) AS stamp,
        classic * 16 + iso * (length(first) + 1) + length(stamp[1]) AS stamp_bytes,
        concat(left(old, classic * 15), left(first, iso * 40), stamp[2]) AS stamp_text
    FROM ({source})
)"""


def _tagged(source: str) -> str:
    """RFC 3164's host, tag and process id, by the first words behind the time.

    The host may be missing (local senders), or have " :" behind it (Cisco's ASA). Without a time only a
    tag with a process id is one. A word of number 0 is empty.
    """
    is_tag = [f"match(word[{place}], {quoted(_TAG)})" for place in (1, 2, 3)]
    named = f"multiIf({is_tag[0]}, 1, {is_tag[1]}, 2, word[2] = ':' AND {is_tag[2]}, 3, 0)"
    sure = "(stamp_bytes > 0 OR (named = 1 AND position(word[1], '[') > 0))"
    ends = "greatest(bracket, (bracket = 0) * length(tag_word))"
    id_bytes = "(bracket > 0) * greatest(toInt64(position(tag_word, ']')) - bracket - 1, 0)"
    return f"""
SELECT *, left(tag_word, greatest(toInt64({ends}) - 1, 0)) AS tag,
    substring(tag_word, bracket + 1, {id_bytes}) AS tag_id,
    word[toUInt8(place != 1 AND stamp_bytes > 0)] AS old_host,
    arraySum(w -> length(w) + 1, arraySlice(word, 1, greatest(place, toUInt8(stamp_bytes > 0)))) AS before
FROM (
    SELECT *, splitByChar(' ', left(old_on, {_TAG_BYTES}), 3) AS word, {named} AS named,
        toUInt8(named * {sure}) AS place, word[place] AS tag_word, position(tag_word, '[') AS bracket
    FROM ({source})
)"""


def _fields(source: str) -> str:
    """Both formats' fields under one set of names, and why the message `failed`, empty where it did not."""
    # After the mark of UTF-8; rsyslog puts one blank before the message that is not the application's.
    skipped = f"1 + 3 * startsWith(after, {_BOM}) + match(after, '^ [^ ]')"
    bad_data = "(data = '' AND NOT (data_on = '-' OR startsWith(data_on, '- ')))"
    return f"""
SELECT *,
    concat(head[2], replaceOne(stamp_text, ',', '.')) AS time_text,
    concat(head[3], old_host) AS sent_host, if(sent_host IN ('', '-'), peer, sent_host) AS host,
    concat(head[4], tag) AS app, concat(head[5], tag_id) AS procid, head[6] AS msgid,
    concat(substring(after, {skipped}), substring(old_on, before + 1)) AS message,
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
