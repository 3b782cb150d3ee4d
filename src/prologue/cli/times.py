"""Times as people write them on a command line.

Local time is assumed where no zone is given, because that is what the clock on the wall says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from prologue.config.units import parse_duration
from prologue.model.errors import UserError

SECOND = 10**9
_LATEST = 2**63 - 1  # what 64 bits of nanoseconds reach
_CURE = "write it like 2026-11-23T14:05:00Z, '2026-11-23 14:05', 14:05, now-1h, 1h or Unix time"
_FRACTION = re.compile(r"(:\d\d)\.(\d{1,9})")
_CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d)?")
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `start` to `end`, Unix ns."""

    start: int
    end: int


def parse_time(text: str, now: int, zone: tzinfo | None = None) -> int:
    """Unix ns of a time written by a person; `now` is Unix ns, `zone` None is the machine's own.

    Reads RFC 3339 and its parts (a date, a date and a time, a time of today), Unix time in s, ms, us
    or ns, `now`, and a time ago (`now-1h`, `1h`). Raises UserError.
    """
    found = _read_time(text.strip(), now, zone)
    if not 0 <= found <= _LATEST:
        raise UserError(f"{text!r} is outside of what is stored: 1970 to 2262", cure=_CURE)
    return found


def _read_time(clean: str, now: int, zone: tzinfo | None) -> int:
    if clean == "now":
        return now
    if _NUMBER.fullmatch(clean):
        return _unix(clean)
    try:
        return now - round(parse_duration(clean.removeprefix("now-")) * SECOND)
    except ValueError:
        # Not a duration: it must be a date or a time of day.
        return _calendar(clean, now, zone)


def parse_range(
    since: str | None, start: str | None, end: str | None, now: int, zone: tzinfo | None = None
) -> TimeRange:
    """The range that `--since`, `--from` and `--to` name; the last hour where they name none."""
    if since and start:
        raise UserError("--since and --from both say where the range starts", cure="give one of them")
    stop = parse_time(end, now, zone) if end else now
    try:
        back = round(parse_duration(since or "1h") * SECOND)
    except ValueError as error:
        raise UserError(f"--since: {error}") from error
    begin = parse_time(start, now, zone) if start else max(0, stop - back)
    if begin > stop:
        raise UserError("the range ends before it starts", cure="swap --from and --to")
    return TimeRange(begin, stop)


def format_time(timestamp: int, zone: tzinfo | None = None) -> str:
    """A timestamp for a person: date and time to the millisecond."""
    moment = datetime.fromtimestamp(timestamp // SECOND, UTC).astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{timestamp % SECOND // 10**6:03d}"


def format_exact(timestamp: int) -> str:
    """A timestamp for a program: RFC 3339 in UTC with all nine digits."""
    moment = datetime.fromtimestamp(timestamp // SECOND, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{timestamp % SECOND:09d}Z"


def _unix(text: str) -> int:
    """The unit is told by magnitude: seconds have 10 digits from 2001 to 2286, and so on."""
    whole, _, fraction = text.partition(".")
    if len(whole) > 19:
        raise UserError(f"{text} is too large for a Unix time", cure=_CURE)
    digits = 9 if len(whole) <= 11 else 6 if len(whole) <= 14 else 3 if len(whole) <= 17 else 0
    return int(whole + fraction[:digits].ljust(digits, "0"))


def _calendar(text: str, now: int, zone: tzinfo | None) -> int:
    fraction = _FRACTION.search(text)
    plain = _FRACTION.sub(r"\1", text)
    try:
        if _CLOCK.fullmatch(plain):
            today = datetime.fromtimestamp(now // SECOND, UTC).astimezone(zone)
            moment = datetime.fromisoformat(
                f"{today:%Y-%m-%d}T{plain.zfill(5 if plain.count(':') == 1 else 8)}"
            )
        else:
            moment = datetime.fromisoformat(plain)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone) if zone else moment.astimezone()
        seconds = int(moment.timestamp())
    except (ValueError, OverflowError, OSError) as error:
        raise UserError(f"{text!r} is not a time", cure=_CURE) from error
    return seconds * SECOND + (int(fraction[2].ljust(9, "0")) if fraction else 0)
