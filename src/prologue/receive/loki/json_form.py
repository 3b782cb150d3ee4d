"""Loki's push request in JSON.

    {"streams": [{"stream": {"app": "cart"}, "values": [["1700000000000000000", "line", {"k": "v"}]]}]}

The time is a string of Unix ns (a JSON integer is taken too); the third element, structured
metadata, may be absent. Columns are pulled out by comprehensions; only a body that turns out to be
malformed is walked value by value, to name the culprit.

Source: Loki's HTTP API, "Ingest logs".
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

import numpy as np
import orjson

from prologue.model.errors import PayloadError, UserError
from prologue.receive.arrow import pa
from prologue.receive.columns import (
    MAX_ATTRIBUTES,
    Columns,
    Pairs,
    attribute_maps,
    attribute_names,
    dictionary,
    records_payload,
    require_few,
    take_out,
)
from prologue.receive.guards import load_json
from prologue.receive.loki.labels import check_names, stream_of_labels
from prologue.receive.receiver import Decoded, Push
from prologue.receive.settings import ReceiveSettings

_CURE = 'send {"streams":[{"stream":{"app":"cart"},"values":[["<unix ns>","<line>"]]}]}'
_NANOSECONDS = re.compile(r"-?[0-9]{1,19}")
_INT64_MAX = 2**63 - 1


def decode_json(push: Push, settings: ReceiveSettings) -> Decoded:
    """The records of a JSON push request."""
    values: list[Any] = []
    labels: dict[str, int] = {}
    codes: list[int] = []
    counts: list[int] = []
    for stream in _streams(push.body):
        name, entries = _read_stream(stream, len(values), settings.discover_service_name)
        require_few(len(values) + len(entries), settings.max_body_records)
        codes.append(labels.setdefault(name, len(labels)))
        counts.append(len(entries))
        values.extend(entries)
    if not _well_formed(values):
        _refuse(values)
    trace_id, pairs = take_out("trace_id", _pairs(values), len(values))
    span_id, pairs = take_out("span_id", pairs, len(values))
    indices = np.repeat(np.array(codes, np.int32), np.array(counts, np.int64))
    columns = Columns(
        timestamp=_timestamps(values),
        stream=dictionary(list(labels), indices),
        body=pa.array([value[1] for value in values], pa.large_string()).view(pa.large_binary()),
        trace_id=trace_id,
        span_id=span_id,
        attributes=attribute_maps(pairs.row, len(values), pairs.names, pairs.values),
    )
    return records_payload(push, columns)


def _streams(body: bytes) -> list[Any]:
    request = load_json(body, _CURE)
    streams = request.get("streams") if isinstance(request, dict) else None
    if not isinstance(streams, list):
        raise PayloadError('the body has no list of "streams"', cure=_CURE)
    return streams


def _read_stream(stream: Any, index: int, discover_service_name: bool) -> tuple[str, list[Any]]:
    """A stream's canonical label set and its values. `index` is that of its first record."""
    labels = stream.get("stream") if isinstance(stream, dict) else None
    if not isinstance(labels, dict) or not all(type(value) is str for value in labels.values()):
        raise PayloadError('a stream has no object "stream" of strings', index=index, cure=_CURE)
    values = stream.get("values", [])
    if not isinstance(values, list):
        raise PayloadError('a stream\'s "values" are no list', index=index, cure=_CURE)
    try:
        check_names(labels)
    except UserError as error:
        raise PayloadError(error.message, index=index, cure=error.cure) from error
    return stream_of_labels(labels, discover_service_name), values


def _well_formed(values: list[Any]) -> bool:
    """Whether every value is `[time, line]` or `[time, line, {metadata}]`, as a whole, without a loop."""
    if not set(map(type, values)) <= {list}:
        return False
    if not set(map(len, values)) <= {2, 3}:
        return False
    if not {type(value[1]) for value in values} <= {str}:
        return False
    metadata = [value[2] for value in values if len(value) == 3]
    if not set(map(type, metadata)) <= {dict} or max(map(len, metadata), default=0) > MAX_ATTRIBUTES:
        return False
    times = [value[0] for value in values]
    if set(map(type, times)) == {str} and "".join(times).isdecimal() and "".join(times).isascii():
        return ("" not in times and max(map(len, times)) < 19) or all(map(_is_time, times))
    return all(map(_is_time, times))


def _is_time(value: Any) -> bool:
    if type(value) is str and _NANOSECONDS.fullmatch(value):
        value = int(value)
    return type(value) is int and abs(value) <= _INT64_MAX


def _refuse(values: list[Any]) -> None:
    """Raises `PayloadError` at the first malformed value."""
    for index, value in enumerate(values):
        reason = _what_is_wrong(value)
        if reason:
            raise PayloadError(reason, index=index, cure=_CURE)


def _what_is_wrong(value: Any) -> str:
    if not isinstance(value, list) or len(value) not in (2, 3):
        return "a value is not [time, line] or [time, line, {metadata}]"
    if not _is_time(value[0]):
        return f"the time {str(value[0])[:40]!r} is no 64-bit count of Unix ns"
    if not isinstance(value[1], str):
        return f"the line is no string but {type(value[1]).__name__}"
    if len(value) == 3 and not isinstance(value[2], dict):
        return f"the structured metadata is no object but {type(value[2]).__name__}"
    if len(value) == 3 and len(value[2]) > MAX_ATTRIBUTES:
        return f"the structured metadata has {len(value[2])} pairs; the limit is {MAX_ATTRIBUTES}"
    return ""


def _timestamps(values: list[Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.fromiter((int(value[0]) for value in values), np.int64, len(values))


def _pairs(values: list[Any]) -> Pairs:
    metadata = [value[2] if len(value) == 3 else {} for value in values]
    counts = np.fromiter(map(len, metadata), np.int64, len(metadata))
    names = pa.array(list(chain.from_iterable(metadata)), pa.string())
    items = list(chain.from_iterable(map(dict.values, metadata)))
    if not set(map(type, items)) <= {str}:
        items = [_as_text(item) for item in items]
    rows = np.repeat(np.arange(len(values)), counts)
    return Pairs(rows, attribute_names(names), pa.array(items, pa.string()))


def _as_text(item: Any) -> str:
    """Loki allows strings only; other JSON is kept as its text rather than refused."""
    return item if isinstance(item, str) else "" if item is None else orjson.dumps(item).decode()
