"""Times as senders write them, as engine expressions that yield Nullable(DateTime64(9, 'UTC')).

A time that says no zone is in the zone of its source (`zone` names the bound parameter that holds
it), never a guess of the engine's.
"""

from __future__ import annotations

from prologue.parse.columns import quoted

# At the start of a line, after an optional bracket or syslog priority: ISO 8601 in its common
# spellings, or RFC 3164 ("Nov  3 04:05:06"), whose year the engine infers from today.
_LEADING = (
    r"^(?:<\d{1,3}>)?[\[(\"]?"
    r"(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)"
)


def best_effort(text: str, zone: str = "'UTC'") -> str:
    """Any spelling the engine knows, with Unix times told apart by their size.

    Whole numbers below 1e11 are seconds, below 1e14 ms, below 1e17 us, else ns; a fraction counts
    seconds.
    """
    number = f"toInt64OrNull({text})"
    nanoseconds = (
        f"multiIf(abs({number}) < 100000000000, {number} * 1000000000, "
        f"abs({number}) < 100000000000000, {number} * 1000000, "
        f"abs({number}) < 100000000000000000, {number} * 1000, {number})"
    )
    fraction = f"toInt64OrNull(toString(toDecimal128OrNull({text}, 9) * 1000000000))"
    return (
        f"multiIf({text} = '' OR {text} = '0', NULL, "
        f"isNotNull({number}), fromUnixTimestamp64Nano(assumeNotNull({nanoseconds}), 'UTC'), "
        f"match({text}, '^[0-9]+[.][0-9]+$'), fromUnixTimestamp64Nano(ifNull({fraction}, 0), 'UTC'), "
        f"toTimeZone(parseDateTime64BestEffortOrNull({text}, 9, {zone}), 'UTC'))"
    )


def leading(body: str, zone: str) -> str:
    """The time a line begins with, NULL where it begins with none."""
    found = f"replaceAll(extract(left({body}, 64), {quoted(_LEADING)}), ',', '.')"
    return f"toTimeZone(parseDateTime64BestEffortOrNull({found}, 9, {zone}), 'UTC')"


def from_nanoseconds(number: str) -> str:
    """A DateTime64 from Unix ns that are known to be whole and in range."""
    return f"fromUnixTimestamp64Nano({number}, 'UTC')"
