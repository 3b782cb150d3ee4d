"""OTLP's `AnyValue` as text: what a body or an attribute of any kind becomes.

As Loki's OTLP endpoint maps them: strings as they are; integers, booleans and numbers in JSON's
notation; lists as JSON; a map as JSON in a body, and flattened with `_` in an attribute; bytes in
base64 in an attribute, and as they are in a body.

Source: opentelemetry/proto/common/v1/common.proto; Loki's "Format considerations" for OTLP.
"""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import orjson

from prologue.model.errors import PayloadError
from prologue.receive.columns import MAX_ATTRIBUTES
from prologue.receive.wire.otlp_pb2 import AnyValue, KeyValue

MAX_FLAT_NAME = 4096
"""Characters of a flattened name: it is repeated for every leaf below it, so it must not be long."""

Pair = tuple[str, str]


def flatten(name: str, value: AnyValue) -> list[Pair]:
    """An attribute as pairs: one, or one for each leaf of a map.

    Raises `PayloadError` over `MAX_ATTRIBUTES` leaves or a name over `MAX_FLAT_NAME` characters.
    """
    if value.WhichOneof("value") != "kvlist_value" or not value.kvlist_value.values:
        return [(name, text_of(value))]
    pairs: list[Pair] = []
    for item in value.kvlist_value.values:
        inner = f"{name}_{decoded(item.key)}"
        if len(inner) > MAX_FLAT_NAME:
            raise PayloadError(
                f"the name of a nested attribute is over {MAX_FLAT_NAME} characters", cure="shorten its keys"
            )
        pairs += flatten(inner, item.value)
        if len(pairs) > MAX_ATTRIBUTES:
            raise PayloadError(
                f"an attribute holds more than {MAX_ATTRIBUTES} values",
                cure="put what is so large into the body",
            )
    return pairs


def flatten_all(attributes: list[KeyValue]) -> list[Pair]:
    """Attributes as pairs, in order."""
    return [pair for item in attributes for pair in flatten(decoded(item.key), item.value)]


def text_of(value: AnyValue) -> str:
    """An attribute's value as text; empty where the value is absent."""
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return decoded(value.string_value)
    if kind == "int_value":
        return str(value.int_value)
    if kind == "bool_value":
        return "true" if value.bool_value else "false"
    if kind == "double_value":
        return number_text(value.double_value)
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return "" if kind is None else orjson.dumps(_plain(value)).decode()


def body_of(value: AnyValue) -> bytes:
    """A body's line: text and bytes as they are, anything else as `text_of` writes it."""
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return value.string_value
    return value.bytes_value if kind == "bytes_value" else text_of(value).encode()


def number_text(number: float) -> str:
    """The shortest text of a double, as JSON writers in Go and JavaScript choose it.

    >>> number_text(1.0), number_text(0.1), number_text(1e21), number_text(1e-7)
    ('1', '0.1', '1e+21', '1e-7')
    """
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if number == 0 or 1e-6 <= abs(number) < 1e21:
        return np.format_float_positional(number, trim="-")
    return np.format_float_scientific(number, trim="-", exp_digits=1)


def decoded(raw: bytes) -> str:
    """Text; what is not UTF-8 becomes U+FFFD."""
    return raw.decode("utf-8", "replace")


def _plain(value: AnyValue) -> Any:
    """The value as JSON has it. Integers beyond 64 bits cannot occur; bytes become base64."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {decoded(item.key): _plain(item.value) for item in value.kvlist_value.values}
    if kind == "int_value":
        return value.int_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "double_value" and math.isfinite(value.double_value):
        return value.double_value
    return None if kind is None else text_of(value)
