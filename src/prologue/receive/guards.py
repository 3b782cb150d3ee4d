"""Bounds on what a small body can be made to cost once it is taken apart.

A body of two-byte values becomes objects of fifty bytes and more each, so the limit on its size does
not bound memory. These checks count, at the speed of memory, bytes that every value must have; text
that contains such bytes makes the count too high, never too low, so the limits are generous.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import orjson

from prologue.model.errors import LimitError, PayloadError

MAX_JSON_VALUES = 10_000_000
"""Commas and opening brackets of one JSON body: each value but the first follows one of them."""

MAX_FIELDS = 16_000_000
"""Bytes of one body that may be the tag of a protobuf field that becomes an object."""

_OBJECT_TAGS = (b"\x0a", b"\x12", b"\x1a")  # fields 1 to 3 with a length: every message we let upb take apart

_RAW_VALUES = msgspec.json.Decoder(list[msgspec.Raw])
_RAW_VALUE = msgspec.json.Decoder(msgspec.Raw)


def json_values(body: bytes) -> int:
    """At least as many as the body has JSON values, less one."""
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def load_json(body: bytes, cure: str) -> Any:
    """The body's JSON. Raises `PayloadError` where it is none, `LimitError` where it holds too much."""
    if json_values(body) > MAX_JSON_VALUES:
        raise LimitError(
            f"the body holds more than {MAX_JSON_VALUES} commas and brackets", cure="send smaller batches"
        )
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise PayloadError(
            f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}", cure=cure
        ) from error


def require_few_fields(body: bytes) -> None:
    """Raises `LimitError` where upb could make more than `MAX_FIELDS` objects of one kind of the body."""
    for tag in _OBJECT_TAGS:
        if body.count(tag) > MAX_FIELDS:
            raise LimitError(f"the body holds more than {MAX_FIELDS} fields", cure="send smaller batches")


def as_objects(documents: Sequence[bytes]) -> dict[int, str]:
    """Why a document is no JSON object, by its place; empty where every one is one.

    All are looked at in one pass, without an object made of any; only where that fails is each looked
    at by itself.
    """
    try:
        values = _RAW_VALUES.decode(b"[" + b",".join(documents) + b"]")
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        values = []
    # Compared each with its document, or one that holds two values could hide two that hold half of one.
    if len(values) == len(documents) and all(map(_is_whole, values, documents)):
        return {}
    reasons = {place: _why_no_object(document) for place, document in enumerate(documents)}
    return {place: reason for place, reason in reasons.items() if reason}


def _is_whole(value: msgspec.Raw, document: bytes) -> bool:
    text = bytes(value)
    return text[:1] == b"{" and (text == document or text == document.strip())


def _why_no_object(document: bytes) -> str:
    try:
        value = _RAW_VALUE.decode(document)
    except RecursionError:
        return "it is nested too deeply"
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return str(error)
    return "" if bytes(value).lstrip()[:1] == b"{" else "it is JSON, but no object"
