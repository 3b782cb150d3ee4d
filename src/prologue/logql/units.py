"""Durations and byte sizes, read and written.

Durations take Go's units (ns, us, µs, ms, s, m, h) and Prometheus' (d, w, y: 24 h, 7 d, 365 d).
Byte sizes take go-humanize's units, in any case: decimal (kB, MB, ...) and binary (KiB, MiB, ...).
Both are exact: ns and bytes as integers, never through a binary fraction.
"""

from __future__ import annotations

import re
from fractions import Fraction

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

DURATION_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": 7 * DAY,
    "y": 365 * DAY,
}
_UNIT = "|".join(sorted(DURATION_UNITS, key=len, reverse=True))
_AMOUNT = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
DURATION = re.compile(rf"(?:{_AMOUNT}(?:{_UNIT}))+(?![a-zA-Zµμ_0-9])")
_DURATION_PART = re.compile(rf"([0-9.]+)({_UNIT})")

BYTE_UNITS = {"b": 1} | {
    prefix + suffix: base**power
    for power, letter in enumerate("kmgtpe", start=1)
    for prefix, base, suffixes in ((letter, 1000, ("", "b")), (letter + "i", 1024, ("", "b")))
    for suffix in suffixes
}
# A bare `E` is an exponent, never exabytes.
BYTES = re.compile(rf"({_AMOUNT})([bB]|[kKmMgGtTpP][iI]?[bB]?|[eE][iI]?[bB])(?![a-zA-Z_0-9])")

MAX_DURATION = 2**63 - 1
"""ns; as in Go, about 292 years."""
MAX_BYTES = 2**64 - 1


def parse_duration(text: str) -> int:
    """ns of a duration that `DURATION` matched.

    >>> parse_duration("1h30m"), parse_duration("1.5s")
    (5400000000000, 1500000000)
    """
    total = sum(Fraction(number) * DURATION_UNITS[unit] for number, unit in _DURATION_PART.findall(text))
    if total > MAX_DURATION:
        raise ValueError("the duration is longer than 292 years")
    return int(total)


def format_duration(ns: int) -> str:
    """The shortest exact text: whole units, largest first.

    >>> format_duration(5_400_000_000_000), format_duration(1_500_000), format_duration(0)
    ('1h30m', '1ms500us', '0s')
    """
    if ns == 0:
        return "0s"
    sign, rest, parts = ("-" if ns < 0 else ""), abs(ns), []
    for unit in ("h", "m", "s", "ms", "us", "ns"):
        count, rest = divmod(rest, DURATION_UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return sign + "".join(parts)


def parse_bytes(text: str) -> int:
    """Bytes of a size that `BYTES` matched; fractions of a byte are cut off.

    >>> parse_bytes("1.5KiB"), parse_bytes("42MB")
    (1536, 42000000)
    """
    match = BYTES.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}` is not a byte size")
    size = int(Fraction(match.group(1)) * BYTE_UNITS[match.group(2).lower()])
    if size > MAX_BYTES:
        raise ValueError("the size is over 16 EiB")
    return size


def format_bytes(size: int) -> str:
    """The largest unit that is exact.

    >>> format_bytes(42_000_000), format_bytes(1536), format_bytes(7)
    ('42MB', '1536B', '7B')
    """
    for unit in ("EiB", "EB", "PiB", "PB", "TiB", "TB", "GiB", "GB", "MiB", "MB", "KiB", "kB"):
        scale = BYTE_UNITS[unit.lower()]
        if size >= scale and size % scale == 0 and unit != "KiB":
            return f"{size // scale}{unit}"
    return f"{size}B"
