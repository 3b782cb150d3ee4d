"""Template functions on times. A time is ns since the Unix epoch; the server's zone is UTC."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from prologue.logql.lower.sql import Bindings, Expr, expr
from prologue.model.errors import QueryError
from prologue.query.lower.templates.go_time import MONTHS, format_time, read_layout
from prologue.query.lower.templates.values import Type, Value, constant_text, mapped, text, whole

Arguments = list[Value]
Function = Callable[[Arguments, Bindings], Value]


def _time(value: Value, function: str) -> Value:
    if value.type is Type.TIME:
        return value
    if value.type is Type.INT:
        return Value(Type.TIME, expr(f"{value.sql} * 1000000000", value.sql))
    raise QueryError(
        f"`{function}` needs a time, not {value.type.value}",
        cure='use toDate "2006-01-02" .label, unixToTime .label, now or __timestamp__',
    )


def _date(arguments: Arguments, bindings: Bindings) -> Value:
    layout = constant_text(arguments[0], "date", "a layout")
    moment = _time(arguments[1], "date")
    written = mapped(moment.sql, "ns", lambda ns: format_time(layout, ns, moment.zone, bindings))
    return Value(Type.TEXT, written)


def _epoch(divisor: int) -> Function:
    def call(arguments: Arguments, bindings: Bindings) -> Value:
        del bindings
        moment = _time(arguments[0], "unixEpoch")
        return Value(Type.TEXT, expr(f"toString(intDiv({moment.sql}, {divisor}))", moment.sql))

    return call


def _to_date(arguments: Arguments, bindings: Bindings) -> Value:
    return _read(arguments[0], "UTC", arguments[1], bindings)


def _to_date_in_zone(arguments: Arguments, bindings: Bindings) -> Value:
    zone = constant_text(arguments[1], "toDateInZone", "a time zone")
    zone = "UTC" if zone == "Local" else zone
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise QueryError(f"there is no time zone `{zone}`", cure="use UTC, Local or Europe/Berlin") from error
    return _read(arguments[0], zone, arguments[2], bindings)


def _read(layout: Value, zone: str, source: Value, bindings: Bindings) -> Value:
    """A text read in a layout; 0 ns where it does not fit."""
    reading = read_layout(constant_text(layout, "toDate", "a layout"))
    shown = text(source)
    groups = expr(f"extractGroups({shown}, {bindings.text(reading.pattern)})", shown)

    def made(g: str) -> str:
        field = {name: f"{g}[{index}]" for index, name in reversed(list(enumerate(reading.fields, start=1)))}
        return f"if(empty({g}), 0, {_instant(field, zone, bindings)})"

    return Value(Type.TIME, mapped(groups, "g", made), zone=zone)


def _instant(field: dict[str, str], zone: str, bindings: Bindings) -> str:
    def number(name: str, otherwise: str) -> str:
        return f"toInt64OrZero(trimLeft({field[name]}))" if name in field else otherwise

    year = number("year", f"({number('year2', '70')} + if({number('year2', '70')} < 69, 2000, 1900))")
    names = f"[{', '.join(repr(month) for month in MONTHS)}]"
    month = f"indexOf({names}, substring({field['name']}, 1, 3))" if "name" in field else number("month", "1")
    hour = number("hour", "0")
    if "half" in field:
        hour = f"({hour} % 12 + if(upper({field['half']}) = 'PM', 12, 0))"
    fraction = (
        f"toInt64OrZero(rightPad(substring({field['fraction']}, 1, 9), 9, '0'))"
        if "fraction" in field
        else "0"
    )
    parts = [year, month, number("day", "1"), hour, number("minute", "0"), number("second", "0")]
    local = f"makeDateTime64({', '.join(parts)}, 0, 0, {bindings.text('UTC' if 'offset' in field else zone)})"
    ns = f"toInt64(toUnixTimestamp({local})) * 1000000000 + {fraction}"
    if "offset" not in field:
        return ns
    digits = f"replaceAll({field['offset']}, ':', '')"
    seconds = (
        f"(toInt64OrZero(substring({digits}, 2, 2)) * 3600 + toInt64OrZero(substring({digits}, 4, 2)) * 60)"
    )
    sign = f"if(startsWith({digits}, '-'), 1, -1)"
    return f"{ns} + {sign} * {seconds} * 1000000000"


def _unix_to_time(arguments: Arguments, bindings: Bindings) -> Value:
    """The unit is told by the number of digits: days, s, ms, us or ns."""
    del bindings
    shown, number = text(arguments[0]), whole(arguments[0])
    scales = {5: 86_400 * 10**9, 10: 10**9, 13: 10**6, 16: 10**3, 19: 1}
    cases = "".join(f"length({shown}) = {digits}, {number} * {scale}, " for digits, scale in scales.items())
    return Value(Type.TIME, expr(f"multiIf({cases}0)", shown, number))


def now(ns: int, bindings: Bindings) -> Value:
    """The server's time when the query was asked."""
    return Value(Type.TIME, Expr(bindings.integer(ns)))


TIME_FUNCTIONS: MappingProxyType[str, Function] = MappingProxyType(
    {
        "date": _date,
        "toDate": _to_date,
        "toDateInZone": _to_date_in_zone,
        "unixEpoch": _epoch(1_000_000_000),
        "unixEpochMillis": _epoch(1_000_000),
        "unixEpochNanos": _epoch(1),
        "unixToTime": _unix_to_time,
    }
)
