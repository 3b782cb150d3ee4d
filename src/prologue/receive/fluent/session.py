"""One connection of Fluent Forward: messages in, receipts out once what they carried is durable.

    [tag, time, record, option?]          one event
    [tag, [[time, record], ...], option?] events
    [tag, bytes, option?]                 events packed one behind the other, perhaps compressed

Source: Forward Protocol Specification v1.5, and its addition of zstd (fluentd 1.19). A sender that names
its chunk in `option` waits for `{"ack": chunk}`, which is the receipt: where the buffer takes nothing it
is withheld, and the sender keeps the chunk. A message that is of none of these forms is refused and not
acknowledged, and the connection goes on; bytes that are not MessagePack end it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgpack

from prologue.model.errors import PayloadError, PayloadTooLarge, PrologueError, UserError
from prologue.receive.compression import decompress
from prologue.receive.fluent.events import (
    MOST_CONTAINERS,
    UNPACK_ERRORS,
    containers,
    json_lines,
    packed_events,
    reason_of,
    unpacker,
)
from prologue.receive.fluent.handshake import Handshake, Secrets
from prologue.receive.streams.contract import Taken

_COMPRESSIONS = {"text": "", "gzip": "gzip", "zstd": "zstd"}
_LARGEST_PING = 8192
_CURE = "see the Forward Protocol Specification v1.5"


@dataclass(frozen=True, slots=True)
class FluentLimits:
    """Bytes of one message as it travels, and of its events once unpacked."""

    max_message_bytes: int
    max_decompressed_bytes: int


class FluentSession:
    """One connection. Without `secrets` there is no handshake."""

    __slots__ = ("_address", "_containers", "_fed", "_handshake", "_limits", "_ping", "_unpacker", "_whole")

    def __init__(self, address: str, limits: FluentLimits, secrets: Secrets | None) -> None:
        self._address = address
        self._limits = limits
        self._handshake = Handshake(secrets) if secrets else None
        self._ping = b""
        self._unpacker: msgpack.Unpacker | None = None  # only while a message is incomplete: it is not small
        self._fed = 0
        self._containers = 0  # of the message that is incomplete
        self._whole = 0  # where in what was fed the last whole message ended

    @property
    def held(self) -> int:
        return self._fed - self._whole + len(self._ping)

    def greeting(self) -> bytes:
        return self._handshake.helo() if self._handshake else b""

    def feed(self, data: bytes) -> Sequence[Taken]:
        if self._handshake is not None:
            return self._shake_hands(self._handshake, self._ping + data)
        if self._unpacker is None:
            self._unpacker = unpacker(self._limits.max_message_bytes)
        found: list[Taken] = []
        self._containers += containers(data)
        if self._containers > MOST_CONTAINERS:
            self._reset()
            return [_broken("a message of too many lists and maps")]
        try:
            self._unpacker.feed(data)
            self._fed += len(data)
            for message in self._unpacker:
                self._whole = self._unpacker.tell()
                found.append(self._take(message))
        except (*UNPACK_ERRORS, msgpack.BufferFull) as error:
            self._reset()
            found.append(_broken(f"not MessagePack, or over a limit: {reason_of(error)}"))
            return found
        if self.held > self._limits.max_message_bytes:
            self._reset()
            found.append(_broken(f"a message of more than {self._limits.max_message_bytes} bytes"))
        elif not self.held:
            self._reset()
        elif found:  # what is held came with this data
            self._containers = containers(data[-self.held :])
        return found

    def end(self) -> Sequence[Taken]:
        """What is left is part of a message that was never acknowledged: the sender sends it again."""
        self._reset()
        self._ping = b""
        return ()

    def _reset(self) -> None:
        self._unpacker = None
        self._fed = self._whole = self._containers = 0

    def _shake_hands(self, handshake: Handshake, data: bytes) -> Sequence[Taken]:
        found = msgpack.Unpacker(
            raw=True, strict_map_key=True, max_buffer_size=_LARGEST_PING, max_array_len=16, max_map_len=16
        )
        try:
            found.feed(data)
            ping = next(found, None)
        except (*UNPACK_ERRORS, msgpack.BufferFull) as error:
            return (_broken(f"the handshake is not MessagePack: {reason_of(error)}"),)
        if ping is None:
            self._ping = data
            return ()
        pong, refusal = handshake.pong(ping)
        if refusal is not None:
            self._ping = b""
            return (Taken(reply=pong, error=refusal, close=True),)
        self._handshake, self._ping = None, b""
        rest = data[found.tell() :]
        return (Taken(reply=pong), *(self.feed(rest) if rest else ()))

    def _take(self, message: object) -> Taken:
        if message is None:  # a heartbeat
            return Taken()
        try:
            tag, events, option = self._parts(message)
            data, count = json_lines(tag, self._address, events)
        except PrologueError as error:
            return Taken(error=error if isinstance(error, UserError) else UserError(error.message))
        receipt = _receipt(option.get("chunk"))
        if not count:
            return Taken(reply=receipt)
        return Taken(data, count, receipt=receipt)

    def _parts(self, message: Any) -> tuple[str, Iterable[object], dict[str, Any]]:
        """Tag, events and option. Raises `UserError`."""
        if type(message) is not list or not 2 <= len(message) <= 4 or type(message[0]) is not str:
            raise PayloadError("a message that is no [tag, ...]", cure=_CURE)
        tag, second = message[0], message[1]
        if isinstance(second, list | bytes | str) and len(message) < 4:
            option = _option(message, 2)
            return tag, second if isinstance(second, list) else self._unpacked(second, option), option
        if len(message) < 3:
            raise PayloadError("a message without a record", cure=_CURE)
        return tag, [[second, message[2]]], _option(message, 3)

    def _unpacked(self, packed: bytes | str, option: dict[str, Any]) -> Iterable[object]:
        if isinstance(packed, str):
            # Before MessagePack knew bytes, events were packed as text; the unpacker keeps what is none.
            packed = packed.encode("utf-8", "surrogateescape")
        name = option.get("compressed", "text")
        if not isinstance(name, str) or name not in _COMPRESSIONS:
            raise PayloadError(
                f"events compressed as {str(name)[:20]!r}", cure="use gzip, zstd or no compression"
            )
        largest = self._limits.max_decompressed_bytes
        try:
            return packed_events(decompress(packed, _COMPRESSIONS[name], largest))
        except PayloadTooLarge as error:
            raise PayloadError(
                f"a chunk of more than {largest} bytes once unpacked",
                cure="send smaller chunks, or raise fluent.max_decompressed_bytes",
            ) from error


def _receipt(chunk: object) -> bytes:
    """What acknowledges a chunk; nothing where its sender did not name it."""
    if not isinstance(chunk, str | bytes) or not chunk:
        return b""
    packed: bytes = msgpack.packb({"ack": chunk}, unicode_errors="surrogateescape")
    return packed


def _option(message: list[Any], place: int) -> dict[str, Any]:
    option = message[place] if len(message) > place else None
    if option is not None and type(option) is not dict:
        raise PayloadError("the option of a message is no map", cure=_CURE)
    option = option or {}
    if option.get("fluent_signal", 0) != 0:
        raise PayloadError("metrics or traces, not logs", cure="send logs only: match them in the output")
    return option


def _broken(reason: str) -> Taken:
    return Taken(error=UserError(reason, cure=_CURE), close=True)
