"""OTLP in JSON, turned into the protobuf log records the other encoding brings.

OTLP's JSON is protobuf's JSON mapping with three exceptions: ids are hexadecimal, enums are numbers,
and unknown keys are ignored. 64-bit integers come as strings or numbers. Keys are lowerCamelCase.

Source: OTLP specification, "JSON Protobuf Encoding". Next chapter: `prologue.receive.otlp.groups`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from prologue.model.errors import PayloadError
from prologue.receive.guards import load_json
from prologue.receive.otlp.groups import Groups
from prologue.receive.wire.otlp_pb2 import (
    AnyValue,
    ArrayValue,
    KeyValue,
    KeyValueList,
    LogRecord,
    Resource,
    Scope,
)

_CURE = 'send {"resourceLogs":[{"scopeLogs":[{"logRecords":[...]}]}]} as OTLP\'s JSON encoding defines it'

_MAX_DEPTH = 30
"""Levels of nested values: each level of a map is 3 messages, and protobuf's parser refuses 100 of them."""


def split_json(body: bytes, limit: int) -> Groups:
    """The groups of a JSON `ExportLogsServiceRequest`."""
    request = load_json(body, _CURE)
    groups = Groups(limit)
    try:
        for logs in _objects(request, "resourceLogs"):
            resource = _resource(_object(logs, "resource"))
            for scoped in _objects(logs, "scopeLogs"):
                scope = _scope(_object(scoped, "scope"))
                records = _objects(scoped, "logRecords")
                groups.add(resource, scope, _records(records, len(groups.records)))
    except _Malformed as error:
        raise PayloadError(str(error), index=error.index, cure=_CURE) from error
    return groups


class _Malformed(Exception):
    """A value that is not what OTLP says; `index` is set where a record is to blame."""

    index: int | None = None


def _records(records: list[Any], first: int) -> list[bytes]:
    encoded = []
    try:
        for record in records:
            encoded.append(_record(record).SerializeToString())
    except _Malformed as error:
        error.index = first + len(encoded)
        raise
    return encoded


def _record(record: Any) -> LogRecord:
    if not isinstance(record, dict):
        raise _Malformed("a log record is no object")
    return LogRecord(
        time_unix_nano=_integer(record, "timeUnixNano", 0, 2**64 - 1),
        observed_time_unix_nano=_integer(record, "observedTimeUnixNano", 0, 2**64 - 1),
        severity_number=_integer(record, "severityNumber", -(2**31), 2**31 - 1),
        severity_text=_text(record, "severityText"),
        body=_any(record.get("body"), 0),
        attributes=_attributes(record, 0),
        dropped_attributes_count=_integer(record, "droppedAttributesCount", 0, 2**32 - 1),
        flags=_integer(record, "flags", 0, 2**32 - 1),
        trace_id=_hexadecimal(record, "traceId"),
        span_id=_hexadecimal(record, "spanId"),
        event_name=_text(record, "eventName"),
    )


def _resource(resource: dict[str, Any]) -> Resource:
    return Resource(
        attributes=_attributes(resource, 0),
        dropped_attributes_count=_integer(resource, "droppedAttributesCount", 0, 2**32 - 1),
    )


def _scope(scope: dict[str, Any]) -> Scope:
    return Scope(
        name=_text(scope, "name"),
        version=_text(scope, "version"),
        attributes=_attributes(scope, 0),
        dropped_attributes_count=_integer(scope, "droppedAttributesCount", 0, 2**32 - 1),
    )


def _attributes(holder: dict[str, Any], depth: int, key: str = "attributes") -> list[KeyValue]:
    return [
        KeyValue(key=_text(item, "key"), value=_any(item.get("value"), depth))
        for item in _objects(holder, key)
        if isinstance(item, dict) or _raise(f'an entry of "{key}" is no object')
    ]


def _raise(reason: str) -> bool:
    raise _Malformed(reason)


def _any(value: Any, depth: int) -> AnyValue | None:
    """An `AnyValue`; None where there is none. A key that is set to null counts as absent."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _Malformed(f'a value is no object like {{"stringValue": ...}} but {type(value).__name__}')
    if depth > _MAX_DEPTH:
        raise _Malformed(f"values are nested over {_MAX_DEPTH} levels deep")
    for name, read in _KINDS.items():
        if value.get(name) is not None:
            return read(value, name, depth)
    return AnyValue()


def _bool(value: dict[str, Any], key: str) -> bool:
    if not isinstance(value[key], bool):
        raise _Malformed(f'"{key}" is no true or false')
    return bool(value[key])


def _double(value: dict[str, Any], key: str) -> float:
    given = value[key]
    if type(given) in (int, float) or given in ("NaN", "Infinity", "-Infinity"):
        return float(given)
    raise _Malformed(f'"{key}" is no number')


def _bytes(value: dict[str, Any], key: str) -> bytes:
    given = value[key]
    try:
        return base64.b64decode(given.translate({45: "+", 95: "/"}) + "=" * (-len(given) % 4), validate=True)
    except (AttributeError, TypeError, ValueError) as error:
        raise _Malformed(f'"{key}" is not base64') from error


def _array(value: dict[str, Any], key: str, depth: int) -> ArrayValue:
    items = _objects(_object(value, key), "values")
    return ArrayValue(values=[_any(item, depth + 1) or AnyValue() for item in items])


def _map(value: dict[str, Any], key: str, depth: int) -> KeyValueList:
    return KeyValueList(values=_attributes(_object(value, key), depth + 1, "values"))


_KINDS: Mapping[str, Callable[[dict[str, Any], str, int], AnyValue]] = {
    "stringValue": lambda value, key, _: AnyValue(string_value=_text(value, key)),
    "intValue": lambda value, key, _: AnyValue(int_value=_integer(value, key, -(2**63), 2**63 - 1)),
    "boolValue": lambda value, key, _: AnyValue(bool_value=_bool(value, key)),
    "doubleValue": lambda value, key, _: AnyValue(double_value=_double(value, key)),
    "arrayValue": lambda value, key, depth: AnyValue(array_value=_array(value, key, depth)),
    "kvlistValue": lambda value, key, depth: AnyValue(kvlist_value=_map(value, key, depth)),
    "bytesValue": lambda value, key, _: AnyValue(bytes_value=_bytes(value, key)),
}


def _object(holder: Any, key: str) -> dict[str, Any]:
    """The object under `key`; empty where it is absent."""
    value = holder.get(key) if isinstance(holder, dict) else _raise(f'the holder of "{key}" is no object')
    if value is not None and not isinstance(value, dict):
        raise _Malformed(f'"{key}" is no object')
    return value or {}


def _objects(holder: Any, key: str) -> list[Any]:
    """The list under `key`; empty where it is absent."""
    value = holder.get(key) if isinstance(holder, dict) else _raise(f'the holder of "{key}" is no object')
    if value is not None and not isinstance(value, list):
        raise _Malformed(f'"{key}" is no list')
    return value or []


def _text(holder: dict[str, Any], key: str) -> bytes:
    value = holder.get(key)
    if value is not None and not isinstance(value, str):
        raise _Malformed(f'"{key}" is no string')
    return (value or "").encode()


def _integer(holder: dict[str, Any], key: str, low: int, high: int) -> int:
    """An integer, as a JSON number or, as 64-bit ones are written, as a string of digits."""
    value = holder.get(key)
    if value is None:
        return 0
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.removeprefix("-").isdigit():
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not low <= value <= high:
        raise _Malformed(f'"{key}" is no integer from {low} to {high}')
    return value


def _hexadecimal(holder: dict[str, Any], key: str) -> bytes:
    try:
        return binascii.unhexlify(_text(holder, key))
    except binascii.Error as error:
        raise _Malformed(f'"{key}" is not hexadecimal') from error
