"""`timestamp`: when a line happened, by a field of it; the first format that reads it counts.

A time without a zone is in the stage's `zone`. One without a year is of the last year in which it is not
in the future, by the time the line arrived and with a day's grace; one without a date is of the day of
arrival or the day before. A field that is absent is no failure: the line keeps the time it has.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass

from prologue.logql.lower.sql import Expr, expr
from prologue.parse import timestamps
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.kind import StageKind
from prologue.parse.stages.layouts import Layout, read_layout

KIND = "TimestampErr"
_UNITS = {"unix": 9, "unix_s": 9, "unix_ms": 6, "unix_us": 3, "unix_ns": 0}
_MONTHS = "['jan','feb','mar','apr','may','jun','jul','aug','sep','oct','nov','dec']"
_MONTH_NUMBERS = "['01','02','03','04','05','06','07','08','09','10','11','12']"
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}"


@dataclass(frozen=True, slots=True)
class Timestamp:
    """`formats` are names of this module or layouts, tried in order. `override`: whether the time takes the
    place of one that the line came with."""

    source: str
    formats: tuple[str | Layout, ...]
    zone: str
    override: bool = True


def read(options: Options) -> Timestamp:
    formats: list[str | Layout] = []
    for text in options.texts("formats", options.texts("format", ("auto",))):
        if text.lower() in _NAMED:
            formats.append(text.lower())
            continue
        try:
            formats.append(read_layout(text))
        except ValueError as error:
            message, _, cure = str(error).partition("; ")
            options.refuse("formats" if options.has("formats") else "format", message, cure)
    zone = options.text("zone", "UTC")
    if zone not in zoneinfo.available_timezones():
        options.refuse("zone", f"there is no time zone {zone!r}", "write it like Asia/Shanghai or UTC")
    return Timestamp(options.text("source"), tuple(formats), zone, options.flag("override", True))


def lower(node: Timestamp, rows: Rows) -> None:
    text = rows.source(node.source)
    zone = rows.bindings.text(node.zone)
    times: list[Expr] = []
    for form in node.formats:
        waiting = " AND ".join(f"isNull({time})" for time in times)
        asked = rows.compute(expr(f"if({waiting}, {text}, '')", text, *times)) if times else text
        time = (
            _by_layout(form, asked, zone, rows)
            if isinstance(form, Layout)
            else _NAMED[form](asked, zone, rows)
        )
        times.append(rows.compute(time))
    found = times[0]
    if len(times) > 1:
        found = rows.compute(expr(f"coalesce({', '.join(time.sql for time in times)})", *times))
    why = "the text is no time of the given formats"
    rows.fail(expr(f"{text} != '' AND isNull({found})", text, found), KIND, why)
    old = rows.column("sent")
    first, second = (found, old) if node.override else (old, found)
    rows.set_time(expr(f"if(isNull({first}), {second}, {first})", found, old))


def _auto(text: Expr, zone: str, _rows: Rows) -> Expr:
    return expr(timestamps.best_effort(text.sql, zone), text)


def _iso(text: Expr, zone: str, rows: Rows) -> Expr:
    looks = f"match({text}, {rows.bindings.text(_ISO)})"
    moment = _parsed(f"replaceOne({text}, ',', '.')", zone)
    return expr(f"if({looks}, {moment}, NULL)", text)


def _unix(exponent: int) -> Callable[[Expr, str, Rows], Expr]:
    """Whole or fractional units of 10^exponent ns."""

    def time(text: Expr, _zone: str, rows: Rows) -> Expr:
        number = f"match({text}, {rows.bindings.text('^-?[0-9]{1,19}([.][0-9]+)?$')})"
        scaled = f"toDecimal256OrNull({text}, 9) * toDecimal256({10**exponent}, 0)"
        whole = rows.compute(expr(f"if({number}, toInt256({scaled}), NULL)", text))
        fits = f"{whole} BETWEEN -9223372036854775808 AND 9223372036854775807"
        return expr(f"if({fits}, fromUnixTimestamp64Nano(toInt64({whole}), 'UTC'), NULL)", whole)

    return time


_NAMED: dict[str, Callable[[Expr, str, Rows], Expr]] = {
    "auto": _auto,
    "rfc3339": _iso,
    "iso8601": _iso,
    **{name: _unix(exponent) for name, exponent in _UNITS.items()},
}


def _parsed(text: str, zone: str) -> str:
    return f"toTimeZone(parseDateTime64BestEffortOrNull({text}, 9, {zone}), 'UTC')"


def _by_layout(layout: Layout, text: Expr, zone: str, rows: Rows) -> Expr:
    groups = rows.compute(expr(f"extractGroups({text}, {rows.bindings.text(layout.regex)})", text))
    place = {part: f"{groups}[{number}]" for number, part in enumerate(layout.parts, 1)}
    clock = rows.compute(expr(_clock(place), groups))
    observed = rows.column("observed")
    if "day" not in place:
        return _without_date(groups, clock, zone, observed, rows)
    day = f"leftPad({place['day']}, 2, '0')"
    month = (
        f"transform(lower(left({place['name']}, 3)), {_MONTHS}, {_MONTH_NUMBERS}, 'x')"
        if "name" in place
        else f"leftPad({place['month']}, 2, '0')"
    )
    rest = rows.compute(expr(f"concat('-', {month}, '-', {day}, ' ', {clock})", groups, clock))
    found = f"notEmpty({groups})"
    if "year" in place or "short_year" in place:
        short = place.get("short_year", "")
        year = place.get("year") or f"concat(if({short} > '68', '19', '20'), {short})"
        whole = _parsed(f"concat({year}, {rest})", zone)
        return expr(f"if({found}, {whole}, NULL)", groups, rest)
    this_year = f"toYear(toTimeZone({observed}, {zone}))"
    times = ", ".join(
        _parsed(f"concat(toString({this_year} {shift}), {rest})", zone) for shift in ("+ 1", "", "- 1")
    )
    latest = f"arrayFirst(t -> ifNull(t <= addDays({observed}, 1), false), [{times}])"
    return expr(f"if({found}, {latest}, NULL)", groups, rest, observed)


def _clock(place: dict[str, str]) -> str:
    hour = place.get("hour", "'00'")
    if "half" in place:
        half = place["half"]
        hour = f"toString(toUInt8OrZero({hour}) % 12 + if(lower({half}) = 'pm', 12, 0))"
    clock = (hour, place.get("minute", "'00'"), place.get("second", "'00'"))
    hour, minute, second = (f"leftPad({part}, 2, '0')" for part in clock)
    parts = [hour, "':'", minute, "':'", second]
    if "fraction" in place:
        fraction = place["fraction"]
        parts.append(f"if({fraction} = '', '', concat('.', {fraction}))")
    if "zone" in place:
        zone = place["zone"]
        parts.append(f"multiIf({zone} IN ('UTC', 'GMT', 'z', 'Z'), 'Z', {zone})")
    return f"concat({', '.join(parts)})"


def _without_date(groups: Expr, clock: Expr, zone: str, observed: Expr, rows: Rows) -> Expr:
    """Of the day of arrival; of the day before, where it would be more than half a day ahead."""
    today = f"toString(toDate(toTimeZone({observed}, {zone})))"
    moment = _parsed(f"concat({today}, ' ', {clock})", zone)
    time = rows.compute(expr(f"if(empty({groups}), NULL, {moment})", clock, observed, groups))
    return expr(f"if({time} > addHours({observed}, 12), subtractDays({time}, 1), {time})", time, observed)


STAGE = StageKind(read, lower)
