"""Times as senders write them, as engine expressions that yield Nullable(DateTime64(9, 'UTC')).

A time that says no zone is in the zone of its source (`zone` names the bound parameter that holds
it), never a guess of the engine's.
"""

from __future__ import annotations

from prologue.parse.columns import quoted

_MOST_SECONDS = 9_223_372_036

# At the start of a line, after what commonly stands before a time: a syslog priority, Redis' process and
# role, Ruby's letter, logfmt's key, a bracket or quote.
_BEFORE = r"^(?:<\d{1,3}>(?:1 )?|\d+:[A-Z] |[A-Z], |(?:time|ts|t)=)?[\[(\"]?"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
# ISO 8601 in its common spellings; PHP's and Redis'; Apache's error log; RFC 3164.
_LEADING = (
    rf"{_BEFORE}(\d{{4}}[-/]\d\d[-/]\d\d[T ]{_CLOCK}(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?"
    rf"|\d\d[- ][A-Z][a-z]{{2}}[- ]\d{{4}} {_CLOCK}(?: UTC| GMT)?"
    rf"|[A-Z][a-z]{{2}} [A-Z][a-z]{{2}} [ \d]\d {_CLOCK} \d{{4}}"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)"
)
# The access logs of web servers: "client - user [03/Nov/2026:04:05:06 +0000]"; nothing else looks so, thus
# it is looked for anywhere: a literal bracket first makes that several times as fast as what precedes it.
_COMMON = r"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]"


def best_effort(text: str, zone: str = "'UTC'") -> str:
    """Any spelling the engine knows, with Unix times told apart by their size.

    Whole numbers below 1e11 are seconds, below 1e14 ms, below 1e17 us, else ns; a fraction counts
    seconds. NULL where that is beyond what 64 bits of nanoseconds hold.
    """
    number = f"toInt64OrNull({text})"
    nanoseconds = (
        f"multiIf(abs({number}) < {_MOST_SECONDS}, {number} * 1000000000, "
        f"abs({number}) < 100000000000, NULL, "
        f"abs({number}) < 100000000000000, {number} * 1000000, "
        f"abs({number}) < 100000000000000000, {number} * 1000, {number})"
    )
    fraction = f"toInt64OrNull(toString(toDecimal128OrNull({text}, 9) * 1000000000))"
    spelled = f"toTimeZone(parseDateTime64BestEffortOrNull({text}, 9, {zone}), 'UTC')"
    # ISO 8601 first: one look tells it from any number, and most times are spelled so.
    return (
        f"multiIf(substring({text}, 5, 1) = '-', {spelled}, "
        f"{text} = '' OR {text} = '0', NULL, "
        f"isNotNull({number}), fromUnixTimestamp64Nano({nanoseconds}, 'UTC'), "
        f"match({text}, '^[0-9]{{1,10}}[.][0-9]+$'), fromUnixTimestamp64Nano({fraction}, 'UTC'), {spelled})"
    )


def leading(body: str, zone: str, arrival: str) -> str:
    """The time a line begins with, NULL where it begins with none. `arrival` is a DateTime64.

    RFC 3164 says no year: it is the last one in which the line is not of the future, by its arrival and
    with a day's grace. (The engine would go by today, without grace: a clock a minute ahead at midnight
    would be a year off.)
    """
    found = f"replaceAll(extract(left({body}, 64), {quoted(_LEADING)}), ',', '.')"
    access = f"extract(left({body}, 256), {quoted(_COMMON)})"
    common = f"replaceRegexpOne({access}, '^(..)/(...)/(....):', '\\\\1 \\\\2 \\\\3 ')"
    # "Mon Nov 23 10:00:00.123 2026": the engine reads a fraction last.
    turned = "replaceRegexpOne(found, '^[A-Z]..( [A-Z].. ..) ([^ ]+) (....)$', '\\\\3\\\\1 \\\\2')"
    return (
        f"multiIf(({found} AS found) != '', if(match(found, '^[A-Z].. .. [^ ]+$'), "
        f"{latest('found', zone, arrival)}, {parsed(turned, zone)}), "
        f"({common} AS common) != '', {parsed('common', zone)}, NULL)"
    )


def parsed(text: str, zone: str) -> str:
    """A time in any spelling that names its year; `zone` is an expression. NULL where it is none."""
    return f"toTimeZone(parseDateTime64BestEffortOrNull({text}, 9, {zone}), 'UTC')"


def latest(text: str, zone: str, arrival: str) -> str:
    """The time in the last year in which it is at most a day after `arrival`; NULL where there is none of
    the last two, as for a leap day. The second year is looked at only for the few lines that need it."""
    day_after = f"addDays({arrival}, 1)"
    year = f"toYear(toTimeZone({day_after}, {zone}))"
    this, last = (parsed(f"concat(toString({year} - {ago}), ' ', {text})", zone) for ago in (0, 1))
    return f"if(ifNull({this} <= {day_after}, false), {this}, {last})"


def from_nanoseconds(number: str) -> str:
    """A DateTime64 from Unix ns that are known to be whole and in range."""
    return f"fromUnixTimestamp64Nano({number}, 'UTC')"
