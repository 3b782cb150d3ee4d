"""Durations and sizes as people write them: one parser and one printer each.

Settings, flags and documentation all go through these functions, so "30s" and "64MiB" mean the
same everywhere. LogQL has its own literals (`prologue.logql`), which follow its grammar.

Next chapter: `prologue.config.settings`, the settings that use them.
"""

from __future__ import annotations

import math
import re

_DURATION_UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
    "y": 31536000.0,
}
_SIZE_UNITS = {
    "": 1,
    "b": 1,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "tb": 1000**4,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
    "tib": 1024**4,
    # Kubernetes' quantities, so that a limit can be pasted from a manifest.
    "k": 1000,
    "m": 1000**2,
    "g": 1000**3,
    "t": 1000**4,
    "ki": 1024,
    "mi": 1024**2,
    "gi": 1024**3,
    "ti": 1024**4,
}
_SHOWN_UNITS = (("TiB", 1024**4), ("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024))
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ns|us|µs|ms|s|m|h|d|w|y)")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)")


def parse_duration(text: str) -> float:
    """Seconds of a duration: "250ms", "30s", "1h30m", "7d", or a plain number of seconds.

    Raises ValueError whose message says what a duration looks like.

    >>> parse_duration("1h30m"), parse_duration("250ms"), parse_duration("0")
    (5400.0, 0.25, 0.0)
    """
    clean = text.strip()
    if _NUMBER.fullmatch(clean):
        clean += "s"
    total, end = 0.0, 0
    while part := _DURATION_PART.match(clean, end):
        total += float(part[1]) * _DURATION_UNITS[part[2]]
        end = part.end()
    if end == 0 or end != len(clean):
        raise ValueError(f"{text!r} is not a duration; write it like 250ms, 30s, 1h30m or 7d")
    if not math.isfinite(total):
        raise ValueError(f"{text!r} is longer than time itself; write it like 250ms, 30s, 1h30m or 7d")
    # Sums of decimal fractions of a second are meant exactly: 0.1 + 0.2 is 0.3.
    return round(total, 9)


def format_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads back as the same number of seconds.

    >>> format_duration(5400.0), format_duration(0.25), format_duration(0), format_duration(2592000)
    ('1h30m', '250ms', '0s', '30d')
    """
    if seconds == 0:
        return "0s"
    nanos = round(seconds * 1e9)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, nanos = divmod(nanos, size * 10**9)
        if count:
            parts.append(f"{count}{unit}")
    for unit, size in (("ms", 10**6), ("us", 10**3), ("ns", 1)):
        count, nanos = divmod(nanos, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def parse_size(text: str) -> int:
    """Bytes of a size: "64MiB", "4GiB", "500MB", "64Mi", or a plain number of bytes.

    Raises ValueError whose message says what a size looks like.

    >>> parse_size("64MiB"), parse_size("1.5 KiB"), parse_size("10")
    (67108864, 1536, 10)
    """
    match = _SIZE.fullmatch(text.strip())
    factor = _SIZE_UNITS.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise ValueError(f"{text!r} is not a size; write it like 512KiB, 64MiB or 4GiB")
    value = float(match[1]) * factor
    if not math.isfinite(value) or value >= 2**63:
        raise ValueError(f"{text!r} is larger than any file can be; write it like 512KiB, 64MiB or 4GiB")
    return int(match[1]) * factor if match[1].isdigit() else round(value)


def about_size(size: int) -> str:
    """A number of bytes for people to read: three digits or a little more, rounded.

    >>> about_size(0), about_size(173), about_size(42306006), about_size(1536)
    ('0', '173B', '40.3MiB', '1.5KiB')
    """
    for unit, factor in _SHOWN_UNITS:
        if size >= factor:
            return f"{size / factor:.1f}{unit}".replace(".0", "")
    return f"{size}B" if size else "0"


def format_size(size: int) -> str:
    """The shortest exact text of a number of bytes in binary units.

    >>> format_size(67108864), format_size(1536), format_size(1000)
    ('64MiB', '1536B', '1000B')
    """
    if size == 0:
        return "0"
    for unit, factor in _SHOWN_UNITS:
        if size % factor == 0:
            return f"{size // factor}{unit}"
    return f"{size}B"
