"""The last step every format shares: staged raw columns in, the record model's columns out.

Here is decided, the same way for every format, which time a line has when its sender gave none or an
absurd one, and which level it has. It reads the stage, not a format's SELECT: an expression over a
column that is itself an expression is evaluated again in each branch (measured: six times the cost of
parsing), over a staged column it is evaluated once.
"""

from __future__ import annotations

from prologue.parse.columns import ParseOptions, array, quoted

LEVELS = ("trace", "debug", "info", "warn", "error", "critical", "fatal", "unknown")

# Spellings met in the wild, by the level they mean. Numbers are those of pino and bunyan.
LEVEL_WORDS = {
    "trace": ("trace", "trc", "trce", "trac", "finest", "vrb", "10"),
    "debug": ("debug", "dbg", "dbug", "debu", "d", "fine", "finer", "verbose", "20"),
    "info": ("info", "information", "informational", "inf", "i", "notice", "note", "log", "system", "30"),
    "warn": ("warn", "warning", "wrn", "w", "40"),
    "error": ("error", "err", "erro", "e", "severe", "fail", "50"),
    "critical": ("critical", "crit", "alert", "c"),
    "fatal": ("fatal", "fata", "ftl", "panic", "pani", "emerg", "emergency", "f", "dpanic", "60"),
}

LEVEL_KEYS = (
    "level",
    "Level",
    "LEVEL",
    "detected_level",
    "severity",
    "Severity",
    "SEVERITY",
    "severity_text",
    "SeverityText",
    "lvl",
    "Lvl",
    "LVL",
    "loglevel",
    "log.level",
    "log_level",
    "levelname",
)

# The level as a stream label, as pipelines of Promtail and handlers of many languages set it. One look at
# the label set's text, and that once for each distinct set: a quote inside of a value is escaped there.
_LABELLED = r'"(?i:(?:detected_|log_?)?level|lvl|severity|severity_text)":"([^"]*)"'

# What is looked for in the first 256 bytes of a line, in order: a level said as a key's value; the letter
# at the start of klog's, glog's, CockroachDB's and Ruby's lines and in MongoDB's ("E1123 13:45:23.419447
# 1 main.go:164] ..."); a level word that stands alone; MySQL's and .NET's console. The third finds prose too.
_KEYED = r"""(?i)(?:\b(?:log_?)?(?:level|lvl|severity)|"@l)["']?\s*[=:]\s*["']?([a-z]+|[1-6]0\b)"""
_LETTER = (
    r"""^(?:\{"t":\{"\$date":"[^"]*"\},\s*"s":\s*")?([IWEFD])(?:(?:\d\d){2,4} \d\d:\d\d:\d\d|, \[\d|\d?",)"""
)
_ALONE = (
    r"(?:^|[\s\[<(|:]|\x1b\[[0-9;]*m)"
    r"(?:(?i:trace|debug|dbg|info|notice|warning|warn|error|err|critical|crit|fatal|panic|emerg|alert|severe)"
    # Short or everyday words, in the one spelling that means a level: Serilog, logrus, PostgreSQL.
    r"|INF|WRN|FTL|VRB|TRC|ERRO|FATA|PANI|DEBU|TRAC|LOG)(?:[\s\[\]>)|/:,\x1b]|$)"
)
_CONSOLE = r"(?:^| \[)(Note|System|dbug|trce|fail)(?:\] |: )"
# What may stand around a word that stands alone. No level begins or ends with any of it.
_AROUND = " \t\r\n\f\v[]<>()|:/,;0123456789m\x1b"

_START = "left(body, 256)"
# The word each way of saying finds. What a line must hold for it is asked first: that costs a third of the
# pattern or less, and most lines hold none of it. A word alone is the whole match with what surrounds it
# taken off: a group in the pattern would cost twice as much.
_GUESSES = (
    f"if({_START} ILIKE '%level%' OR {_START} ILIKE '%lvl%' OR {_START} ILIKE '%severity%' "
    f"OR position({_START}, '\"@l') > 0, "
    f"extract({_START}, {quoted(_KEYED)}), '')",
    f"if(substring(body, 1, 1) IN ('I', 'W', 'E', 'F', 'D', '{{'), extract({_START}, {quoted(_LETTER)}), '')",
    f"trimBoth(extract({_START}, {quoted(_ALONE)}), {quoted(_AROUND)})",
    f"if(multiSearchAny({_START}, ['Note', 'System', 'dbug', 'trce', 'fail']), "
    f"extract({_START}, {quoted(_CONSOLE)}), '')",
)
# A syslog priority (RFC 3164, RFC 5424; sd-daemon's prefix too), which relays often set by rote.
_PRIORITY = "extract(left(body, 8), '^<([0-9]{1,3})>')"
_BY_PRIORITY = ("fatal", "critical", "critical", "error", "warn", "info", "info", "debug")


def named_level(word: str) -> str:
    """The expression for the level that a word means; '' where it means none."""
    words = [(spelling, level) for level, spelled in LEVEL_WORDS.items() for spelling in spelled]
    spellings, levels = array([spelling for spelling, _ in words]), array([level for _, level in words])
    return f"transform(lower({word}), {spellings}, {levels}, '')"


def severity_level(number: str) -> str:
    """OpenTelemetry's severity ranges, from its logs data model."""
    return (
        f"multiIf({number} = 0, '', {number} <= 4, 'trace', {number} <= 8, 'debug', {number} <= 12, 'info', "
        f"{number} <= 16, 'warn', {number} <= 20, 'error', 'fatal')"
    )


def _level(options: ParseOptions) -> str:
    if not options.discover_log_levels:
        return "''"
    place = f"arrayFirstIndex(k -> k IN {array(LEVEL_KEYS)}, mapKeys(stage.attributes))"
    said = (
        severity_level("severity_number"),
        named_level("severity_text"),
        named_level(f"extract(labels, {quoted(_LABELLED)})"),
        named_level(f"mapValues(stage.attributes)[{place}]"),
    )
    branches = ", ".join(
        f"({level} AS said_{number}) != '', said_{number}" for number, level in enumerate(said)
    )
    return f"if((multiIf({branches}, '') AS said) != '', said, {_level_of_body()})"


def _level_of_body() -> str:
    """The first guess that finds one, each made only for the rows that the ones before it left open.

    Of NULLs and not one multiIf, which would make every guess twice: as a condition and as a value.
    """
    guesses = [
        *(named_level(guess) for guess in _GUESSES),
        f"if(startsWith(body, '<') AND {_PRIORITY} != '', "
        f"{array(_BY_PRIORITY)}[toUInt16OrZero({_PRIORITY}) % 8 + 1], '')",
    ]
    found = ", ".join(f"nullIf({guess}, '')" for guess in guesses)
    return f"coalesce({found}, 'unknown')"


def _timestamp(options: ParseOptions) -> str:
    """The time of a line, and whether the one that was sent is believed."""
    earliest = "toDateTime64('1971-01-01 00:00:00', 9, 'UTC')"
    if options.max_past_seconds:
        earliest = f"greatest({earliest}, subtractSeconds(observed, {options.max_past_seconds}))"
    believed = (
        f"ifNull(sent BETWEEN {earliest} AND addSeconds(observed, {options.max_future_seconds}), false)"
    )
    return f"if({believed} AS believed, assumeNotNull(sent), observed) AS timestamp"


def times(options: ParseOptions) -> str:
    """A SELECT over `stage` of: tenant, timestamp, labels, as `finish` has them.

    The level is a long expression: to plan it takes the engine longer than to group a batch by its streams.
    """
    return f"SELECT tenant, {_timestamp(options)}, labels FROM stage"


def finish(options: ParseOptions) -> str:
    """A SELECT over `stage` of: tenant, timestamp, observed, labels, level, severity_number,
    severity_text, body, trace_id, span_id, attributes.

    A time before 1971, or too far ahead or back, is not believed: the line is kept at its arrival time, and
    what was sent stays in the attribute `original_timestamp`.
    """
    return f"""
SELECT tenant, {_timestamp(options)}, observed, labels,
    {_level(options)} AS level, severity_number, severity_text, body, trace_id, span_id,
    if(believed OR isNull(sent), stage.attributes,
       mapUpdate(stage.attributes, map('original_timestamp', toString(assumeNotNull(sent))))) AS attributes
FROM stage"""
