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
    empty). `params` say how to read `data` (JSON_LINES: `time_field`, `message_field`, `stream_fields`,
    `ignore_fields`, `unwrap_fields`, each names joined by commas). `data` is never changed after the
    payload is made; what a `Segment` hands out is a memoryview into the segment, so take a copy to
    keep a part of it.
    """

    tenant: str
    format: PayloadFormat
    data: bytes | memoryview
    received_ns: int
    labels: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    position: SourcePosition | None = None
    records: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of durability: the segment that holds the payload, or -1 where it was held already."""

    segment: int


class PayloadSink(Protocol):
    """Takes payloads and acknowledges them when they are durable.

    Duties: `append` is thread-safe, returns at once, and either raises having stored nothing, or
    returns a future that resolves only after the payload survives kill -9 and loss of power. It
    raises `BufferFull` (back-pressure), `PositionConflict` (below) or `PayloadTooLarge`; a future
    fails with the same errors or a `TemporaryError`. A failed future means: not acknowledged, the
    sender must send it again. The future cannot be cancelled: the payload is on its way.

    Positions: `durable_position` answers the byte offset up to which a source is held durably (0
    where it is unknown); a payload that ends at or before it is acknowledged with
    `Receipt(segment=-1)` without being stored. One that starts before it and ends after it, or that
    follows bytes of the same source whose append failed, gets `PositionConflict`: read again from
    its `resume_at`. Sources that are neither written nor asked about for a configured time are
    forgotten, so a reader of an idle source asks now and then.
    """

    def append(self, payload: Payload) -> Future[Receipt]: ...

    def durable_position(self, source: str) -> int: ...


class Segment(Protocol):
    """A run of durable payloads that is inserted into the engine as one, and then released.

    `sequence` grows for ever and is never used twice, not across restarts either. `batch_id` grows with
    it and names this content everywhere and for ever: equal whenever the same segment is handed out
    again, and different for anything else, even if the buffer's directory was wiped or an old copy of it
    put back in between. `bytes` is its size on disk. `payloads()` answers the same payloads in the same
    order each time it is asked (fewer only where the medium damaged them, which the buffer has then
    reported and set aside, and which `damaged` says from then on); it may be empty, and raises
    `TemporaryError` where the medium cannot be read.
    """

    @property
    def sequence(self) -> int: ...

    @property
    def batch_id(self) -> int: ...

    @property
    def bytes(self) -> int: ...

    @property
    def damaged(self) -> bool: ...

    def payloads(self) -> list[Payload]: ...


class PayloadSource(Protocol):
    """Hands durable payloads to the writer, segment by segment.

    Duties: `take` blocks for at most `timeout` seconds and answers the next segment in order of
    sequence, or None where there is none yet or the source is closed; a segment is handed to one
    taker. What was taken stays durable until `release`, which the writer calls after the engine has
    every payload durably; what was not released is handed out again after a restart, unchanged and
    under the same `batch_id`. `release` is idempotent, may come in any order, and raises
    `TemporaryError` where it could not be made to last: the segment is then still held, call again.
    `set_aside` ends a segment's way like `release`, but keeps it for good, for what can never be stored;
    it raises `TemporaryError` where that cannot be made to last, or too many are set aside already.
    """

    def take(self, timeout: float) -> Segment | None: ...

    def release(self, segment: Segment) -> None: ...

    def set_aside(self, segment: Segment, reason: str) -> None: ...
