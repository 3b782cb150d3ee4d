r"""Layouts of times: strptime's (`%Y-%m-%d`), Go's (`2006-01-02`), and some by name, as one expression each.

A layout becomes a regular expression whose groups are the parts of a time; `timestamp.py` puts the parts
together in the order of ISO 8601 and has the engine read that, so every layout is read alike.

Sources: strptime(3); the Go package documentation of time, "Constants"; RFC 3164, section 4.1.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FRACTION = r"(?:[.,]([0-9]{1,9})[0-9]*)?"
_ZONE = r"([zZ]|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})"

# Part and expression of each directive; a part is '' where nothing of it is needed.
_STRPTIME = {
    "Y": ("year", "([0-9]{4})"),
    "y": ("short_year", "([0-9]{2})"),
    "m": ("month", "([0-9]{1,2})"),
    "b": ("name", "([A-Za-z]{3})"),
    "h": ("name", "([A-Za-z]{3})"),
    "B": ("name", "([A-Za-z]{3,9})"),
    "d": ("day", " ?([0-9]{1,2})"),
    "e": ("day", " ?([0-9]{1,2})"),
    "H": ("hour", "([0-9]{1,2})"),
    "k": ("hour", " ?([0-9]{1,2})"),
    "I": ("hour", "([0-9]{1,2})"),
    "l": ("hour", " ?([0-9]{1,2})"),
    "M": ("minute", "([0-9]{2})"),
    "S": ("second", "([0-9]{2})"),
    "f": ("fraction", "([0-9]{1,9})[0-9]*"),
    "L": ("fraction", "([0-9]{1,9})[0-9]*"),
    "N": ("fraction", "([0-9]{1,9})[0-9]*"),
    "p": ("half", "([AaPp][Mm])"),
    "P": ("half", "([AaPp][Mm])"),
    "z": ("zone", _ZONE),
    "Z": ("zone", "(UTC|GMT|Z|[+-][0-9]{2}:?[0-9]{2})"),
    "a": ("", "[A-Za-z]{2,3}"),
    "A": ("", "[A-Za-z]{6,9}"),
    "%": ("", "%"),
    "n": ("", r"\s+"),
    "t": ("", r"\s+"),
}
_STRPTIME_SHORT = {"T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y", "F": "%Y-%m-%d"}

_GO = {
    "2006": _STRPTIME["Y"],
    "06": _STRPTIME["y"],
    "January": _STRPTIME["B"],
    "Jan": _STRPTIME["b"],
    "01": ("month", "([0-9]{2})"),
    "1": ("month", "([0-9]{1,2})"),
    "Monday": _STRPTIME["A"],
    "Mon": _STRPTIME["a"],
    "02": ("day", "([0-9]{2})"),
    "_2": ("day", " ?([0-9]{1,2})"),
    "2": ("day", "([0-9]{1,2})"),
    "15": ("hour", "([0-9]{2})"),
    "03": ("hour", "([0-9]{2})"),
    "3": ("hour", "([0-9]{1,2})"),
    "04": ("minute", "([0-9]{2})"),
    "4": ("minute", "([0-9]{1,2})"),
    "05": ("second", "([0-9]{2})"),
    "5": ("second", "([0-9]{1,2})"),
    "PM": _STRPTIME["p"],
    "pm": _STRPTIME["p"],
    "Z07:00": ("zone", _ZONE),
    "Z0700": ("zone", _ZONE),
    "-07:00": ("zone", _ZONE),
    "-0700": ("zone", _ZONE),
    "-07": ("zone", "([+-][0-9]{2})"),
    "MST": _STRPTIME["Z"],
}
_GO_TOKEN = re.compile(
    "|".join([r"[.,](?:0+|9+)(?![0-9])", *(re.escape(t) for t in sorted(_GO, key=len, reverse=True))])
)
_GO_SIGN = re.compile(r"2006|15:04|Jan|3:04|02/01|01/02|_2")

NAMED = {
    "rfc3164": "Jan _2 15:04:05",
    "stamp": "Jan _2 15:04:05",
    "ansic": "Mon Jan _2 15:04:05 2006",
    "unixdate": "Mon Jan _2 15:04:05 MST 2006",
    "rubydate": "Mon Jan 02 15:04:05 -0700 2006",
    "rfc822": "02 Jan 06 15:04 MST",
    "rfc822z": "02 Jan 06 15:04 -0700",
    "rfc850": "Monday, 02-Jan-06 15:04:05 MST",
    "rfc1123": "Mon, 02 Jan 2006 15:04:05 MST",
    "rfc1123z": "Mon, 02 Jan 2006 15:04:05 -0700",
    "common_log": "02/Jan/2006:15:04:05 -0700",
}
_NEEDED = {"minute": "hour", "second": "minute", "fraction": "second", "half": "hour"}


@dataclass(frozen=True, slots=True)
class Layout:
    """`regex` matches the whole text; its groups are `parts` in order, each at most once."""

    regex: str
    parts: tuple[str, ...]


def read_layout(text: str) -> Layout:
    """The layout that `text` writes. Raises ValueError with the reason and, after `; `, the cure.

    >>> read_layout("%d/%b/%Y").parts, read_layout("Jan _2 15:04").parts
    (('day', 'name', 'year'), ('name', 'day', 'hour', 'minute'))
    """
    text = NAMED.get(text.lower(), text)
    if "%" in text:
        tokens = _strptime(text)
    elif _GO_SIGN.search(text):
        tokens = _go(text)
    else:
        names = ", ".join(("rfc3339", "unix", "unix_ms", "auto", *NAMED))
        cure = f"write it like %Y-%m-%d %H:%M:%S or 2006-01-02 15:04:05, or one of {names}"
        raise ValueError(f"{text!r} is no layout; {cure}")
    parts = tuple(part for part, _ in tokens if part)
    _check(text, parts)
    return Layout("^" + "".join(regex for _, regex in tokens) + r"\s*$", parts)


def _check(text: str, parts: tuple[str, ...]) -> None:
    twice = next((part for i, part in enumerate(parts) if part in parts[:i]), None)
    if twice:
        raise ValueError(f"{text!r} has the {twice} twice; write each part of a time once")
    if "hour" not in parts and "day" not in parts:
        raise ValueError(f"{text!r} has neither day nor hour; name at least one of them")
    for part, needs in _NEEDED.items():
        if part in parts and needs not in parts:
            raise ValueError(f"{text!r} has the {part} without the {needs}; write both")
    dated = {"day", "month", "name", "year", "short_year"} & set(parts)
    if dated and not ("day" in parts and ("month" in parts or "name" in parts)):
        raise ValueError(f"{text!r} has a part of a date only; write day and month")


def _strptime(text: str) -> list[tuple[str, str]]:
    for short, long in _STRPTIME_SHORT.items():
        text = text.replace("%" + short, long)
    tokens, at = [], 0
    while at < len(text):
        if text[at] != "%":
            tokens.append(("", _literal(text[at])))
            at += 1
            continue
        letter = text[at + 1 : at + 2]
        if letter not in _STRPTIME:
            raise ValueError(f"there is no %{letter}; use one of {' '.join('%' + d for d in _STRPTIME)}")
        tokens.append(_STRPTIME[letter])
        at += 2
    return tokens


def _go(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    for match in _GO_TOKEN.finditer(text):
        tokens += [("", _literal(char)) for char in text[at : match.start()]]
        at = match.end()
        if match.group()[0] in ".,":
            if tokens and tokens[-1][0] == "fraction":
                continue  # seconds bring it
            tokens.append(("", re.escape(match.group())))
            continue
        tokens.append(_GO[match.group()])
        if match.group() in ("05", "5"):
            tokens.append(("fraction", _FRACTION))  # Go reads one where the layout has none, too
    return tokens + [("", _literal(char)) for char in text[at:]]


def _literal(char: str) -> str:
    return r"\s+" if char == " " else re.escape(char)
