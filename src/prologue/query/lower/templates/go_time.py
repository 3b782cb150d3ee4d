"""Go's time layouts: written as the reference time, Mon Jan 2 15:04:05 MST 2006.

Source: the Go package documentation of time, "Constants".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prologue.logql.lower.sql import Bindings

_PART = re.compile(
    r"January|Jan|Monday|Mon|MST|2006|Z07:00|Z0700|-07:00|-0700|-07|[.,]0+|[.,]9+|"
    r"01|02|03|04|05|06|002|15|_2|PM|pm|1|2|3|4|5"
)

# `{t}` is a DateTime64(9) in its zone.
_HOUR12 = "if(toHour({t}) % 12 = 0, 12, toHour({t}) % 12)"
_OFFSET = "formatDateTime({t}, '%z')"
_COLONS = f"concat(substring({_OFFSET}, 1, 3), ':', substring({_OFFSET}, 4))"
_WRITTEN = {
    "2006": "leftPad(toString(toYear({t})), 4, '0')",
    "06": "leftPad(toString(toYear({t}) % 100), 2, '0')",
    "01": "leftPad(toString(toMonth({t})), 2, '0')",
    "1": "toString(toMonth({t}))",
    "January": "formatDateTime({t}, '%M')",
    "Jan": "formatDateTime({t}, '%b')",
    "02": "leftPad(toString(toDayOfMonth({t})), 2, '0')",
    "_2": "leftPad(toString(toDayOfMonth({t})), 2, ' ')",
    "2": "toString(toDayOfMonth({t}))",
    "002": "leftPad(toString(toDayOfYear({t})), 3, '0')",
    "Monday": "formatDateTime({t}, '%W')",
    "Mon": "formatDateTime({t}, '%a')",
    "15": "leftPad(toString(toHour({t})), 2, '0')",
    "03": f"leftPad(toString({_HOUR12}), 2, '0')",
    "3": f"toString({_HOUR12})",
    "04": "leftPad(toString(toMinute({t})), 2, '0')",
    "4": "toString(toMinute({t}))",
    "05": "leftPad(toString(toSecond({t})), 2, '0')",
    "5": "toString(toSecond({t}))",
    "PM": "if(toHour({t}) < 12, 'AM', 'PM')",
    "pm": "if(toHour({t}) < 12, 'am', 'pm')",
    "MST": "{zone}",
    "-0700": _OFFSET,
    "-07:00": _COLONS,
    "-07": f"substring({_OFFSET}, 1, 3)",
    "Z0700": f"if({_OFFSET} = '+0000', 'Z', {_OFFSET})",
    "Z07:00": f"if({_OFFSET} = '+0000', 'Z', {_COLONS})",
}
_NANOSECONDS = "leftPad(toString(toUnixTimestamp64Nano({t}) % 1000000000), 9, '0')"

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_READ = {
    "2006": ("year", "[0-9]{4}"),
    "06": ("year2", "[0-9]{2}"),
    "01": ("month", "[0-9]{2}"),
    "1": ("month", "[0-9]{1,2}"),
    "January": ("name", "[A-Z][a-z]+"),
    "Jan": ("name", "[A-Z][a-z]{2}"),
    "02": ("day", "[0-9]{2}"),
    "_2": ("day", "[ 0-9][0-9]"),
    "2": ("day", "[0-9]{1,2}"),
    "Monday": ("", "[A-Z][a-z]+"),
    "Mon": ("", "[A-Z][a-z]{2}"),
    "15": ("hour", "[0-9]{2}"),
    "03": ("hour", "[0-9]{2}"),
    "3": ("hour", "[0-9]{1,2}"),
    "04": ("minute", "[0-9]{2}"),
    "4": ("minute", "[0-9]{1,2}"),
    "05": ("second", "[0-9]{2}"),
    "5": ("second", "[0-9]{1,2}"),
    "PM": ("half", "AM|PM"),
    "pm": ("half", "am|pm"),
    "MST": ("", "[A-Z]{3,4}"),
    "-0700": ("offset", "[-+][0-9]{4}"),
    "-07:00": ("offset", "[-+][0-9]{2}:[0-9]{2}"),
    "-07": ("offset", "[-+][0-9]{2}"),
    "Z0700": ("offset", "Z|[-+][0-9]{4}"),
    "Z07:00": ("offset", "Z|[-+][0-9]{2}:[0-9]{2}"),
}


def format_time(layout: str, ns: str, zone: str, bindings: Bindings) -> str:
    """SQL for a time (ns) written in a layout."""
    bound = bindings.text(zone)
    time = f"fromUnixTimestamp64Nano({ns}, {bound})"
    pieces: list[str] = []
    at = 0
    for match in _PART.finditer(layout):
        if match.start() > at:
            pieces.append(bindings.text(layout[at : match.start()]))
        pieces.append(_written(match.group()).replace("{t}", time).replace("{zone}", bound))
        at = match.end()
    if at < len(layout):
        pieces.append(bindings.text(layout[at:]))
    return f"concat({', '.join([*pieces, repr('')])})"


def _written(part: str) -> str:
    if part[0] not in ".,":
        return _WRITTEN[part]
    digits = f"substring({_NANOSECONDS}, 1, {len(part) - 1})"
    if part[1] == "0":
        return f"concat('{part[0]}', {digits})"
    # Nines drop the zeros at the end, and the point where nothing is left.
    return f"replaceRegexpOne(concat('{part[0]}', {digits}), '[.,]?0*$', '')"


@dataclass(frozen=True, slots=True)
class Reading:
    """A regular expression with a group for each field, the fields in order."""

    pattern: str
    fields: tuple[str, ...]


def read_layout(layout: str) -> Reading:
    """How a text in this layout is read. A fraction of a second may follow the seconds unasked."""
    parts: list[str] = []
    fields: list[str] = []
    at = 0
    for match in _PART.finditer(layout):
        parts.append(re.escape(layout[at : match.start()]))
        part = match.group()
        if part[0] in ".,":
            parts.append("(?:[.,]([0-9]+))?")
            fields.append("fraction")
        else:
            name, pattern = _READ[part]
            parts.append(f"({pattern})" if name else f"(?:{pattern})")
            fields += [name] if name else []
            if name == "second" and not layout[match.end() : match.end() + 2].startswith(
                (".0", ".9", ",0", ",9")
            ):
                parts.append("(?:[.,]([0-9]+))?")
                fields.append("fraction")
        at = match.end()
    parts.append(re.escape(layout[at:]))
    return Reading(f"^{''.join(parts)}$", tuple(fields))
