"""Go's string literals: reading them and writing them back.

LogQL strings are Go strings: interpreted in double quotes, raw in back-ticks. A Go string is bytes;
`\\xff` may make it invalid UTF-8. Such bytes travel as lone surrogates (Python's `surrogateescape`),
so no string is refused and none is changed.

Source of the format: The Go Programming Language Specification, "String literals".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SIMPLE_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
}
_WRITTEN = {char: "\\" + name for name, char in SIMPLE_ESCAPES.items()}
_HEX = {"x": 2, "u": 4, "U": 8}
_OCTAL = re.compile(r"[0-3][0-7]{2}")
_SURROGATE_START = 0xDC00


class QuoteProblem(ValueError):
    """A malformed literal: `offset` is where in the source, `cure` what to write instead."""

    def __init__(self, message: str, offset: int, cure: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Quoted:
    """A literal's meaning, the offset each of its characters was written at, and where it ends."""

    value: str
    offsets: tuple[int, ...]
    end: int


def read_quoted(source: str, start: int) -> Quoted:
    """Read the literal that opens at `start`.

    >>> read_quoted('"a\\\\tb"', 0).value
    'a\\tb'
    """
    return _read_raw(source, start) if source[start] == "`" else _read_interpreted(source, start)


def _read_raw(source: str, start: int) -> Quoted:
    end = source.find("`", start + 1)
    if end < 0:
        raise QuoteProblem("this string has no end", start, "close it with a back-tick")
    inner = range(start + 1, end)
    # Go drops carriage returns from raw strings.
    kept = tuple(i for i in inner if source[i] != "\r")
    return Quoted("".join(source[i] for i in kept), kept, end + 1)


def _read_interpreted(source: str, start: int) -> Quoted:
    parts: list[bytes] = []
    spots: list[int] = []
    at = start + 1
    while True:
        if at >= len(source) or source[at] == "\n":
            cure = 'close it with `"`; write a line break as \\n, or quote with back-ticks'
            raise QuoteProblem("this string has no end", start, cure)
        char = source[at]
        if char == '"':
            break
        piece, after = _read_escape(source, at) if char == "\\" else (_encode(char), at + 1)
        parts.append(piece)
        spots.append(at)
        at = after
    value, offsets = _decode(parts, spots)
    return Quoted(value, offsets, at + 1)


def _decode(parts: list[bytes], spots: list[int]) -> tuple[str, tuple[int, ...]]:
    # Several \x escapes may together be one character, so decode the bytes as one piece.
    value = b"".join(parts).decode("utf-8", "surrogateescape")
    origin = [spot for piece, spot in zip(parts, spots, strict=True) for _ in piece]
    offsets: list[int] = []
    byte = 0
    for char in value:
        offsets.append(origin[byte])
        byte += len(_encode(char))
    return value, tuple(offsets)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape" if _escaped_bytes_only(text) else "replace")


def _escaped_bytes_only(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" and not "\udc80" <= c <= "\udcff" for c in text)


def _read_escape(source: str, at: int) -> tuple[bytes, int]:
    name = source[at + 1 : at + 2]
    if name in SIMPLE_ESCAPES:
        return _encode(SIMPLE_ESCAPES[name]), at + 2
    if name in _HEX:
        return _read_hex(source, at, _HEX[name])
    octal = _OCTAL.match(source, at + 1)
    if octal:
        return bytes([int(octal.group(), 8)]), octal.end()
    cure = "write a backslash as \\\\, or quote the string with back-ticks"
    raise QuoteProblem(f"unknown escape `\\{name}`", at, cure)


def _read_hex(source: str, at: int, digits: int) -> tuple[bytes, int]:
    text = source[at + 2 : at + 2 + digits]
    if not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", text):
        cure = f"write exactly {digits} hexadecimal digits after `\\{source[at + 1]}`"
        raise QuoteProblem("incomplete escape", at, cure)
    code = int(text, 16)
    after = at + 2 + digits
    if digits == _HEX["x"]:
        return bytes([code]), after
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise QuoteProblem("this escape is not a Unicode character", at, "use a code point up to \\U0010FFFF")
    return chr(code).encode(), after


def quote(value: str) -> str:
    """The literal that reads back as `value`: double quotes, or back-ticks where those read better.

    >>> quote('say "hi"'), quote("a\\nb")
    ('`say "hi"`', '"a\\\\nb"')
    """
    if ('"' in value or "\\" in value) and "`" not in value and value.isprintable():
        return f"`{value}`"
    return '"' + "".join(map(_write, value)) + '"'


def _write(char: str) -> str:
    if char in _WRITTEN:
        return _WRITTEN[char]
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - _SURROGATE_START:02x}"
    if char.isprintable():
        return char
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
