"""The JSON objects of one body, each as the text it came as: found and checked, but not taken apart.

Senders put many objects into one body in three ways: one a line, one behind the other without anything
between them, or as an array. What comes out of all three is one object a line, which the engine parses.
Checking makes no Python object of anything in them.

Next chapter: `prologue.parse.jsonlines`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec
import orjson

from prologue.model.errors import PayloadError
from prologue.receive.columns import require_few
from prologue.receive.guards import require_few_values

CURE = "send JSON objects, one a line or in one array"

_RAW_VALUES = msgspec.json.Decoder(list[msgspec.Raw])
_RAW_VALUE = msgspec.json.Decoder(msgspec.Raw)
_BROKEN = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)

# Only the ends of values count here, so that numbers of any length cost nothing.
T = TypeVar("T")

_PLACE = re.compile(r"\$\[(\d+)\]")
_BLANKS = re.compile(rb"\s*")
_SCANNER = json.JSONDecoder(parse_int=str, parse_float=str, strict=False)


def one_a_line(body: bytes, limit: int) -> list[bytes]:
    """Every object of a body, without line ends in it.

    Raises `PayloadError` where there is none or something else stands among them, with the index of the
    first such, and `LimitError` for more than `limit`.
    """
    text = body.strip()
    if not text:
        raise PayloadError("the body is empty", cure=CURE)
    objects = _of_array(text, limit) if text[:1] == b"[" else _of_sequence(text, limit)
    require_few(len(objects), limit)
    return objects


def why_no_objects(texts: Sequence[bytes]) -> dict[int, str]:
    """Why a text is no JSON object, by its place; empty where every one is one.

    All are looked at in one pass; only where that fails is each looked at by itself.
    """
    try:
        values = _RAW_VALUES.decode(b"[" + b",".join(texts) + b"]")
    except _BROKEN:
        values = []
    # Compared each with its text, or one that holds two values could hide two that hold half of one.
    if len(values) == len(texts) and all(map(_is_whole, values, texts)):
        return {}
    reasons = {place: _why_no_object(text) for place, text in enumerate(texts)}
    return {place: reason for place, reason in reasons.items() if reason}


def members_text(members: Mapping[str, str]) -> bytes:
    """Members as they stand in an object's text, for `with_members`."""
    return orjson.dumps(members)[1:-1]


def with_members(text: bytes, members: bytes) -> bytes:
    """The object with more members, behind its own: of two equal names the first counts."""
    if not members:
        return text
    inner = text.rstrip()[:-1].rstrip()
    return inner + (b"" if inner == b"{" else b",") + members + b"}"


def read_as(decoder: msgspec.json.Decoder[list[T]], objects: Sequence[bytes]) -> list[T]:
    """What a decoder of a list takes of objects that are JSON. Raises `PayloadError`."""
    try:
        return decoder.decode(b"[" + b",".join(objects) + b"]")
    except _BROKEN as error:
        place = _PLACE.search(str(error))
        index = int(place[1]) if place else None
        raise PayloadError(f"an object is not as it should be: {error}", index=index, cure=CURE) from error


def _is_whole(value: msgspec.Raw, text: bytes) -> bool:
    found = bytes(value)
    return found[:1] == b"{" and (found == text or found == text.strip())


def why_no_value(text: bytes) -> str:
    """Why a text is not JSON; empty where it is."""
    try:
        _RAW_VALUE.decode(text)
    except RecursionError:
        return "it is nested too deeply"
    except _BROKEN as error:
        return str(error)
    return ""


def _why_no_object(text: bytes) -> str:
    reason = why_no_value(text)
    return reason or ("" if text.lstrip()[:1] == b"{" else "it is JSON, but no object")


def _of_array(text: bytes, limit: int) -> list[bytes]:
    if text.count(b"{") > limit:
        return _checked(_scanned(text[1:], limit, array=True))  # perhaps too many: to be counted one by one
    require_few_values(text)
    try:
        values = _RAW_VALUES.decode(one_line(text))
    except RecursionError as error:
        raise PayloadError("the body is nested too deeply", cure=CURE) from error
    except _BROKEN as error:
        raise PayloadError(f"the body is no JSON array: {error}", cure=CURE) from error
    objects = [bytes(value) for value in values]
    for place, value in enumerate(objects):
        if value[:1] != b"{":
            raise PayloadError("an element of the array is no object", index=place, cure=CURE)
    return objects


def _of_sequence(text: bytes, limit: int) -> list[bytes]:
    """Objects one behind the other, with or without blanks and line ends between and in them."""
    apart = text.replace(b"}{", b"}\n{")
    require_few(apart.count(b"\n") // 2, limit)
    lines = [line for line in apart.split(b"\n") if line and not line.isspace()]
    if not why_no_objects(lines):
        return lines
    # Line ends within an object, "}{" within a text, or something broken: one by one.
    return _checked(_scanned(text, limit))


def _checked(objects: list[bytes]) -> list[bytes]:
    for place, reason in why_no_objects(objects).items():
        raise PayloadError(f"an object is not valid JSON: {reason}", index=place, cure=CURE)
    return objects


def _scanned(text: bytes, limit: int, *, array: bool = False) -> list[bytes]:
    """Each value from where the last one ended, up to the end or that of the array that has begun.

    Latin 1 keeps positions of characters those of bytes.
    """
    require_few_values(text)
    characters, place = text.decode("latin-1"), 0
    objects: list[bytes] = []
    while place < len(text):
        start = _blanks(text, place)
        try:
            _, end = _SCANNER.raw_decode(characters, start)
        except RecursionError as error:
            raise PayloadError("an object is nested too deeply", index=len(objects), cure=CURE) from error
        except ValueError as error:
            raise PayloadError(f"the body is not JSON: {error}", index=len(objects), cure=CURE) from error
        objects.append(one_line(text[start:end]))
        require_few(len(objects), limit)
        place = _blanks(text, end)
        if array:
            if text[place:] == b"]":
                return objects
            if text[place : place + 1] != b",":
                raise PayloadError("the body is no JSON array", index=len(objects), cure=CURE)
            place += 1
    if array:
        raise PayloadError("the body is no JSON array: it does not end", cure=CURE)
    return objects


def _blanks(text: bytes, place: int) -> int:
    """Where what is not blank goes on."""
    found = _BLANKS.match(text, place)
    return found.end() if found else place


def one_line(text: bytes) -> bytes:
    """The same JSON on one line: within a string a line end is escaped, so any other is a blank."""
    return text.replace(b"\r", b" ").replace(b"\n", b" ")
