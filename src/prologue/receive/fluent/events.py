"""Events of Fluent Forward as lines of JSON, as few Python steps an event as there can be.

MessagePack is unpacked and JSON written by C; in between stands one loop. What is said of all events of a
message (tag, sender) is one prefix of bytes. The message itself is found by the engine, under the names
senders use; a record without any of them is its own message, as JSON.

An event that is none (no record, no time) is kept, with the reason in `__error__`; those beside it are
not touched. Text that is not UTF-8 becomes U+FFFD. Next chapter: `prologue.parse.jsonlines`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgpack
import orjson

from prologue.model.errors import LimitError, PayloadError

TIME, TAG, PEER, WHOLE = "fluent_time", "fluent_tag", "network_peer_address", "_msg"
"""Names of ours beside a record's own. The record's own fields of these names come second."""

MESSAGE_FIELDS = (WHOLE, "log", "message", "msg", "MESSAGE")

_MESSAGE_FIELDS = frozenset(MESSAGE_FIELDS)
MOST_CONTAINERS = 16_000_000
"""Bytes of one message, or of one packed event, that may begin a list or a map. Each is a byte as it travels
and 80 once unpacked; text counts as well (a third of Chinese), so the limit is generous."""

_CONTAINERS = bytes(range(0x80, 0xA0))
_MOST_EVENTS = 1_000_000
_MOST_ELEMENTS = 131_072
_EVENT_TIME = 0
_LARGEST_TIME = 2**63
_DEEPEST = 200


def unpacker(largest: int) -> msgpack.Unpacker:
    """An unpacker of untrusted bytes: sizes that are claimed are bounded before anything is allocated.

    Keys that are no text are refused: numbers can be chosen so that a dictionary of them takes hours.
    """
    return msgpack.Unpacker(
        max_buffer_size=largest,
        max_str_len=largest,
        max_bin_len=largest,
        max_ext_len=largest,
        max_array_len=min(largest, _MOST_ELEMENTS),
        max_map_len=min(largest, _MOST_ELEMENTS),
        unicode_errors="surrogateescape",
        ext_hook=_extension,
    )


def _extension(code: int, data: bytes) -> object:
    """EventTime (type 0: seconds and nanoseconds, big-endian) as Unix ns; anything else as hex."""
    if code == _EVENT_TIME and len(data) == 8:
        return int.from_bytes(data[:4], "big") * 1_000_000_000 + int.from_bytes(data[4:], "big")
    return data.hex()


def containers(data: bytes) -> int:
    """At least as many lists and maps as begin in the data."""
    return len(data) - len(data.translate(None, _CONTAINERS))


def _require_few_containers(data: bytes) -> None:
    """Raises `PayloadError` for a packed event that would fill the memory. The others may be many."""
    if len(data) <= MOST_CONTAINERS or containers(data) <= MOST_CONTAINERS:
        return
    found = unpacker(len(data))
    found.feed(data)
    start = 0
    while start < len(data):
        try:
            found.skip()
        except UNPACK_ERRORS:  # who reads the events will say so
            return
        start, before = found.tell(), start
        if start - before > MOST_CONTAINERS and containers(data[before:start]) > MOST_CONTAINERS:
            raise PayloadError("an event has too many lists and maps", cure="send flat records")


def packed_events(data: bytes) -> Iterable[object]:
    """The events of a packed chunk, one behind the other. Raises `PayloadError` where they break off."""
    _require_few_containers(data)
    found = unpacker(max(len(data), 1))
    found.feed(data)
    count = whole = 0
    try:
        for event in found:
            count += 1
            whole = found.tell()
            yield event
    except UNPACK_ERRORS as error:
        raise PayloadError(
            f"the chunk is not MessagePack: {reason_of(error)}", index=count, cure="send whole events"
        ) from error
    if whole != len(data):
        raise PayloadError("the chunk breaks off", index=count, cure="send whole events")


UNPACK_ERRORS = (ValueError, RecursionError, msgpack.UnpackException)
"""What unpacking raises; nesting that is too deep and sizes over the bounds are among them."""


def reason_of(error: BaseException) -> str:
    return str(error) or type(error).__name__


def json_lines(tag: str, peer: str, events: Iterable[object]) -> tuple[bytes, int]:
    """The events as lines, and how many. Raises `LimitError` for too many, `PayloadError` for one that no
    line can hold."""
    head, timed = _head(tag, peer)
    lines: list[bytes] = []
    for event in events:
        lines.append(_line(timed, head, event))
        if len(lines) > _MOST_EVENTS:
            raise LimitError(f"a message of more than {_MOST_EVENTS} events", cure="send smaller chunks")
    return b"\n".join([*lines, b""]), len(lines)


@lru_cache(maxsize=4096)
def _head(tag: str, peer: str) -> tuple[bytes, bytes]:
    """How every line of a tag begins, without a time and with."""
    head = _dumps({TAG: tag, PEER: peer} if peer else {TAG: tag})[:-1]
    return head, b"%b,%b:" % (head, orjson.dumps(TIME))


def _line(timed: bytes, head: bytes, event: Any) -> bytes:
    try:
        time, record = event
        if type(time) is list:  # Fluent Bit since 2.1: the time and metadata of the event
            time, metadata = time
            record = {**record, "metadata": metadata} if metadata else record
        if type(time) is not int or not 0 <= time < _LARGEST_TIME:
            time = _seconds(time)
        if _MESSAGE_FIELDS.isdisjoint(record) and any(type(name) is bytes for name in record):
            record = {_key(name): value for name, value in record.items()}
        if _MESSAGE_FIELDS.isdisjoint(record):
            record = {**record, WHOLE: _dumps(record).decode()}
        elif type(text := record.get("log")) is str and text.endswith("\n"):
            record["log"] = text.rstrip("\r\n")
        if "service_name" not in record:
            if "kubernetes" in record:
                record["service_name"] = _service(record["kubernetes"])
            elif type(name := record.get("container_name")) is str and name.startswith("/"):
                record["service_name"] = name[1:]  # Docker's driver names a container "/web"
        return b"%b%d,%b" % (timed, time, _dumps(record)[1:])
    except (TypeError, ValueError, AttributeError) as error:
        return _malformed(head, event, error)


def _seconds(time: object) -> int:
    """A time in seconds with a fraction, as ns. Raises ValueError for what is no time."""
    if isinstance(time, float) and 0 <= time < _LARGEST_TIME / 1e9:
        return int(time * 1e9)
    raise ValueError("the event has no time")


def _service(kubernetes: Any) -> str:
    """The service by what Fluent Bit's and Fluentd's kubernetes filters add; empty where they say none."""
    if type(kubernetes) is not dict:
        return ""
    labels = kubernetes.get("labels")
    labels = labels if type(labels) is dict else {}
    names = (labels.get("app.kubernetes.io/name"), labels.get("app"), kubernetes.get("container_name"))
    return next((name for name in names if type(name) is str and name), "")


def _dumps(value: object) -> bytes:
    """Raises TypeError for what JSON cannot show."""
    try:
        return orjson.dumps(value, default=_other)
    except TypeError:  # text that is not UTF-8, or nesting beyond what the writer goes into
        return orjson.dumps(_readable(value), default=_other)


def _readable(value: object, depth: int = 0) -> object:
    """The same with text that is UTF-8."""
    if depth > _DEEPEST:
        raise TypeError(f"the event is nested more than {_DEEPEST} levels deep")
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if isinstance(value, list):
        return [_readable(element, depth + 1) for element in value]
    if isinstance(value, dict):
        return {_key(key): _readable(element, depth + 1) for key, element in value.items()}
    return value


def _key(key: object) -> object:
    """A name as text: senders whose strings have no encoding, such as Ruby's, pack names as bytes."""
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else _readable(key)


def _other(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _malformed(head: bytes, event: object, error: Exception) -> bytes:
    """The event as it is, as JSON, under a reason. The slower writer goes nearly as deep as the unpacker;
    raises `PayloadError` for what only that can reach."""
    try:
        shown = _shown(event)
    except RecursionError as deep:
        raise PayloadError("an event is nested more than 900 levels deep", cure="send flat records") from deep
    except TypeError as deep:
        raise PayloadError(str(deep), cure="send flat records") from deep
    flaw = {WHOLE: shown, "__error__": "FluentParserErr", "__error_details__": str(error)[:200]}
    return b"%b,%b" % (head, _dumps(flaw)[1:])


def _shown(event: object) -> str:
    try:
        return json.dumps(event, default=_other, separators=(",", ":"))
    except TypeError:  # names that are bytes
        return json.dumps(_readable(event), default=_other, separators=(",", ":"))
