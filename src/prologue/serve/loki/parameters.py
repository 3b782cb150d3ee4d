"""Parameters of Loki's HTTP API: the same from the URL (GET) and from a form (POST).

Times come as Unix ns (19 digits), as Unix seconds with or without a fraction, or as RFC 3339;
durations and steps as a Prometheus duration (`5m`, `30000ms`) or seconds. Source: Loki's HTTP API
reference, "Timestamps" and "Query logs within a range of time".
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl

from starlette.requests import Request

from prologue.logql.parser import parse_matchers
from prologue.model.errors import LimitError, UserError
from prologue.query.lower.scan import Scan
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant

NANOSECONDS = 1_000_000_000
MAX_FORM_BYTES = 1 << 20
_HOUR = 3600 * NANOSECONDS
_DEFAULT_POINTS = 250

_UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": NANOSECONDS,
    "m": 60 * NANOSECONDS,
    "h": _HOUR,
    "d": 24 * _HOUR,
    "w": 7 * 24 * _HOUR,
    "y": 365 * 24 * _HOUR,
}
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w|y)")
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$")
Parameters = Mapping[str, list[str]]
"""Values by parameter name, in the order they came."""

# What fits a signed 64-bit count of ns.
_LATEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Range:
    """From `start` to `end`, in Unix ns; `step` in ns."""

    start: int
    end: int
    step: int


async def read(request: Request) -> dict[str, list[str]]:
    """Every parameter of the request by name, in order; those of a form after those of the URL.

    Raises LimitError where the form is larger than MAX_FORM_BYTES.
    """
    pairs = request.query_params.multi_items()
    if request.method == "POST" and "urlencoded" in request.headers.get("content-type", ""):
        pairs += parse_qsl(await _form(request), keep_blank_values=True)
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


async def _form(request: Request) -> str:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise LimitError(f"the form is larger than {MAX_FORM_BYTES} bytes", cure="shorten the query")
    return body.decode("utf-8", "replace")


def one(parameters: Parameters, name: str, default: str = "") -> str:
    """The first value of a parameter."""
    values = parameters.get(name)
    return values[0] if values else default


def required(parameters: Parameters, name: str, example: str) -> str:
    value = one(parameters, name)
    if not value:
        raise UserError(f"the parameter {name!r} is missing", cure=f"add it, such as {name}={example}")
    return value


def time(text: str, name: str) -> int:
    """A time in Unix ns. Raises UserError naming the parameter.

    >>> time("1700000000", "start") == time("1700000000000000000", "start") == time("1.7e9", "start")
    True
    """
    stamp = _RFC3339.match(text)
    if stamp:
        return _from_rfc3339(stamp, name, text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise UserError(
            f"{name}={text!r} is not a time",
            cure="write Unix ns, Unix seconds, or RFC 3339 such as 2026-01-31T12:00:00Z",
        )
    # Loki: up to ten digits before the point are seconds, more are nanoseconds.
    seconds = "." in text or "e" in text.lower() or abs(number) < 10**10
    return _checked(int(number * NANOSECONDS) if seconds else int(number), name, text)


def duration(text: str, name: str) -> int:
    """A duration in ns: `5m`, `1h30m`, `30000ms`, or seconds. Raises UserError naming the parameter."""
    pieces = _PIECE.findall(text)
    if pieces and "".join(number + unit for number, unit in pieces) == text:
        return int(sum(Decimal(number) * _UNITS[unit] for number, unit in pieces))
    try:
        seconds = Decimal(text)
    except InvalidOperation:
        seconds = Decimal("NaN")
    if not seconds.is_finite() or abs(seconds) > 10**10:
        raise UserError(
            f"{name}={text!r} is not a duration", cure="write it as 5m, 1h30m, 300ms, or in seconds"
        )
    return int(seconds * NANOSECONDS)


def whole_number(parameters: Parameters, name: str, default: int) -> int:
    text = one(parameters, name)
    if not text:
        return default
    if not text.isdigit() or len(text) > 18:
        raise UserError(f"{name}={text!r} is not a whole number of 0 or more", cure=f"write {name}={default}")
    return int(text)


def bounds(parameters: Parameters, now: int, default_span: int = _HOUR) -> tuple[int, int]:
    """`start` and `end` in ns: given, or `since` before the end, or the last hour."""
    end = time(text, "end") if (text := one(parameters, "end")) else now
    since = duration(text, "since") if (text := one(parameters, "since")) else default_span
    start = time(text, "start") if (text := one(parameters, "start")) else min(end, now) - since
    if start > end:
        raise UserError("start is after end", cure="swap them, or leave end out for now")
    return start, end


def range_of(parameters: Parameters, now: int) -> Range:
    """The range of a range query; the default step makes about 250 points, at least a second apart."""
    start, end = bounds(parameters, now)
    text = one(parameters, "step")
    seconds = max(1, (end - start) // NANOSECONDS // _DEFAULT_POINTS)
    step = duration(text, "step") if text else seconds * NANOSECONDS
    if step <= 0:
        raise UserError(f"step={text!r} must be more than 0", cure="write it as 30s, or leave it out")
    return Range(start, end, step)


def forward(parameters: Parameters) -> bool:
    """Whether the oldest line comes first; Loki's default is backward."""
    text = one(parameters, "direction", "backward").lower()
    if text not in ("forward", "backward"):
        raise UserError(f"direction={text!r} is neither forward nor backward", cure="write one of the two")
    return text == "forward"


def scan(request: Request, parameters: Parameters, now: int, default_span: int = _HOUR) -> Scan:
    """The lines of the tenant that the selector in `query` means, between `start` and `end`.

    No selector means every stream. Raises QueryError where there is more than a selector.
    """
    start, end = bounds(parameters, now, default_span)
    text = one(parameters, "query").strip()
    matchers = parse_matchers(text, allow_empty=True) if text else ()
    tenant = resolve_tenant(request.headers.get(TENANT_HEADER))
    return Scan(tenant, matchers, start, max(start, end - 1))


def _from_rfc3339(stamp: re.Match[str], name: str, text: str) -> int:
    day, clock, fraction, zone = stamp.groups()
    try:
        moment = dt.datetime.fromisoformat(f"{day}T{clock}{zone.upper().replace('Z', '+00:00')}")
    except ValueError as error:
        raise UserError(f"{name}={text!r} is not a time: {error}", cure="write a date that exists") from error
    since_epoch = moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    whole = since_epoch.days * 86_400 + since_epoch.seconds
    return _checked(whole * NANOSECONDS + int((fraction or "0").ljust(9, "0")), name, text)


def _checked(nanoseconds: int, name: str, text: str) -> int:
    if abs(nanoseconds) > _LATEST:
        raise UserError(f"{name}={text!r} is outside the years 1678 to 2262", cure="write a nearer time")
    return nanoseconds
