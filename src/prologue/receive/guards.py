"""Bounds on what a small body can be made to cost once it is taken apart.

A body of two-byte values becomes objects of fifty bytes and more each, so the limit on its size does
not bound memory. These checks count, at the speed of memory, bytes that every value must have; text
that contains such bytes makes the count too high, never too low, so the limits are generous.
"""

from __future__ import annotations

from typing import Any

import orjson

from prologue.model.errors import LimitError, PayloadError

MAX_JSON_VALUES = 10_000_000
"""Commas and opening brackets of one JSON body: each value but the first follows one of them."""

MAX_FIELDS = 16_000_000
"""Bytes of one body that may be the tag of a protobuf field that becomes an object."""

_OBJECT_TAGS = (b"\x0a", b"\x12", b"\x1a")  # fields 1 to 3 with a length: every message we let upb take apart


def json_values(body: bytes) -> int:
    """At least as many as the body has JSON values, less one."""
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def require_few_values(body: bytes) -> None:
    """Raises `LimitError` where the body may hold more than `MAX_JSON_VALUES`."""
    if len(body) > MAX_JSON_VALUES and json_values(body) > MAX_JSON_VALUES:
        raise LimitError(
            f"the body holds more than {MAX_JSON_VALUES} commas and brackets", cure="send smaller batches"
        )


def load_json(body: bytes, cure: str) -> Any:
    """The body's JSON. Raises `PayloadError` where it is none, `LimitError` where it holds too much."""
    require_few_values(body)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise PayloadError(
            f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}", cure=cure
        ) from error


def require_few_fields(body: bytes) -> None:
    """Raises `LimitError` where upb could make more than `MAX_FIELDS` objects of one kind of the body."""
    if len(body) <= MAX_FIELDS:
        return
    for tag in _OBJECT_TAGS:
        if body.count(tag) > MAX_FIELDS:
            raise LimitError(f"the body holds more than {MAX_FIELDS} fields", cure="send smaller batches")
