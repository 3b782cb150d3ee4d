"""What a way in hands to the buffer, and the contract between them.

A payload is a batch that nobody has looked at line by line: the bytes as received plus what is
known about all of them. It is what an acknowledgement covers: stored whole or refused whole.

Next chapter: `prologue.buffer`, which makes it durable; `prologue.parse`, which understands it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol


class PayloadFormat(enum.StrEnum):
    """How `Payload.data` is to be read."""

    JSON_LINES = "jsonlines"  # one JSON object a line; parsed by the engine; params: JSON_LINES_PARAMS
    LINES = "lines"  # one text line a record; `labels` hold for all of them
    RECORDS = "records"  # an Arrow IPC stream of `prologue.model.record.RECORD_SCHEMA`


@dataclass(frozen=True, slots=True)
class SourcePosition:
    """Where in a replayable source a payload ends, so that the same bytes are taken once.

    `source` names one incarnation of a source (a file's identity, not its path); `start` and `end`
    are byte offsets in it. A buffer acknowledges without storing what ends at or before the
    position it already holds durably for that source.
    """

    source: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Payload:
    """One batch from one sender. `received_ns` is Unix time in ns.

    `labels` are stream labels that hold for every record (RECORDS carry their own and leave it
    empty). `params` say how to read `data` (JSON_LINES: `time_field`, `message_field`,
    `stream_fields` joined by commas).
    """

    tenant: str
    format: PayloadFormat
    data: bytes
    received_ns: int
    labels: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    position: SourcePosition | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of durability: the segment that holds the payload, or -1 where it was held already."""

    segment: int


class PayloadSink(Protocol):
    """Takes payloads and acknowledges them when they are durable.

    Duties: `append` is thread-safe, returns at once, and either raises `BufferFull` having stored
    nothing, or returns a future that resolves only after the payload survives kill -9 and loss of
    power. A failed future means: not acknowledged, the sender must send it again. `durable_position`
    answers the byte offset up to which a source is held durably (0 where it is unknown).
    """

    def append(self, payload: Payload) -> Future[Receipt]: ...

    def durable_position(self, source: str) -> int: ...
