"""Payloads on the wire between an agent and a server: a body of whole payloads, and an answer to each.

The body is one MessagePack array, `[1, [payload, ...]]`, a payload the array of `WirePayload`'s fields
in their order. Content type `application/vnd.prologue.payloads+msgpack`; the tenant is the request's.
The answer is JSON, `{"outcomes": [...]}`, with one `Outcome` a payload in the order of the body: a
payload may be refused and its neighbours stored.

Both ends are in one module, because what one writes the other must read.

Next chapter: `prologue.ship.sink`, which sends it; `prologue.receive.payloads`, which takes it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from prologue.model.errors import PayloadError
from prologue.model.payload import Payload, PayloadFormat, SourcePosition

VERSION = 1
CONTENT_TYPE = "application/vnd.prologue.payloads+msgpack"
PAYLOADS_PATH = "/insert/payloads"
POSITIONS_PATH = "/api/v1/positions"


class WirePayload(msgspec.Struct, frozen=True, array_like=True):
    """A payload without its tenant. Fields may be added at the end, with a default, never moved."""

    format: PayloadFormat
    received_ns: int
    labels: dict[str, str]
    params: dict[str, str]
    position: tuple[str, int, int] | None
    data: bytes


class _Body(msgspec.Struct, frozen=True, array_like=True):
    version: int
    payloads: list[WirePayload]


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one payload: durable where `code` is empty.

    `resume_at` comes with the code `position_conflict`: the byte from which the source is to be read
    again. `again`: the same payload may be taken later, in `retry_after` seconds.
    """

    code: str = ""
    error: str = ""
    cure: str = ""
    resume_at: int = -1
    again: bool = False
    retry_after: int = 0


class Outcomes(msgspec.Struct, frozen=True):
    """The answer to a body."""

    outcomes: list[Outcome]


class Positions(msgspec.Struct, frozen=True):
    """The question and the answer of `POSITIONS_PATH`: sources, then their durable byte offsets."""

    sources: list[str] = []
    positions: list[int] = []


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Body)


def encode(payloads: Sequence[Payload], source_prefix: str = "") -> bytes:
    """The body for payloads of one tenant; `source_prefix` makes their sources this sender's own."""
    wire = [
        WirePayload(
            payload.format,
            payload.received_ns,
            dict(payload.labels),
            dict(payload.params),
            _position(payload.position, source_prefix),
            payload.data,  # type: ignore[arg-type]  # a memoryview is encoded like the bytes it shows
        )
        for payload in payloads
    ]
    return _ENCODER.encode(_Body(VERSION, wire))


def decode(body: bytes) -> list[WirePayload]:
    """The payloads of a body. Raises `PayloadError`; nothing of such a body was taken."""
    try:
        decoded = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PayloadError(
            f"the body is not one of payloads: {error}",
            cure="send what `prologue agent` sends, or use another receiver",
        ) from error
    if decoded.version != VERSION:
        raise PayloadError(
            f"the body is of version {decoded.version}; this server reads {VERSION}",
            cure="update the server, then its agents",
        )
    return decoded.payloads


def _position(position: SourcePosition | None, prefix: str) -> tuple[str, int, int] | None:
    return (prefix + position.source, position.start, position.end) if position is not None else None
