"""A segment while it is written, and after.

`OpenSegment` is a file with one writer, the committer's thread; it knows nothing of locks, queues or
futures, and its `length` is what is durable, never what is merely written. `DiskSegment` is sealed:
its frames will not change any more, and it is what the consumer takes, reads and releases.

Next chapter: `prologue.buffer.commit`, which decides when to do what here.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prologue.buffer.filesystem import Bytes, FileSystem, write_all
from prologue.buffer.frame import SEGMENT_HEADER, EncodedPayload, SegmentHeader, frame_header, segment_header
from prologue.buffer.quarantine import Quarantine
from prologue.buffer.scan import scan
from prologue.model.errors import TemporaryError
from prologue.model.payload import Payload

SUFFIX = ".segment"
MARKER_BITS = 20
"""How much of a segment's marker is in its batch id."""
MAX_SEQUENCE = (1 << 63 - MARKER_BITS) - 1
"""So that a batch id fits a signed 64-bit column of any store; as a Unix time in ms it is the year 2248."""
JOIN_BELOW = 4096
"""Data shorter than this is copied behind its frame header: fewer buffers are then faster."""


def segment_path(directory: Path, sequence: int) -> Path:
    """Twenty digits hold every 64-bit sequence and sort like numbers."""
    return directory / f"{sequence:020d}{SUFFIX}"


def batch_id(sequence: int, marker: bytes) -> int:
    """Grows with the sequence; the marker makes it the content's own: a sequence may come again where a
    directory was wiped, or an old copy of it put back, and must not pass for what the store holds."""
    return sequence << MARKER_BITS | int.from_bytes(marker, "big") >> 8 * len(marker) - MARKER_BITS


def sequence_of(batch: int) -> int:
    """The sequence in a batch id."""
    return batch >> MARKER_BITS


@dataclass(frozen=True, slots=True)
class DiskSegment:
    """A sealed segment: `prologue.model.payload.Segment`. `positions_version` is 0 where none of its
    payloads has a position; `received_ns` is the first payload's."""

    sequence: int
    batch_id: int
    path: Path
    received_ns: int
    positions_version: int
    filesystem: FileSystem = field(repr=False, compare=False)
    quarantine: Quarantine = field(repr=False, compare=False)
    bytes: int

    @property
    def damaged(self) -> bool:
        """See `Segment.damaged`."""
        return self.quarantine.knows(self.path)

    def payloads(self) -> list[Payload]:
        """One read; each payload's data is a view into it. See `Segment.payloads`."""
        try:
            content = self.filesystem.read(self.path)
        except OSError as error:
            raise TemporaryError(
                f"the buffer's segment {self.path} cannot be read: {error.strerror}",
                cure="check the disk and the file's permissions; the segment stays until it was read",
            ) from error
        found = scan(content, self.bytes)
        self.quarantine.report(self.path, content, found.damages)
        return [frame.payload for frame in found.frames]


class OpenSegment:
    """The file being appended to. Its methods raise `OSError` and leave `length` as it was."""

    def __init__(self, filesystem: FileSystem, directory: Path, sequence: int, opened_at: float) -> None:
        self.filesystem = filesystem
        self.path = segment_path(directory, sequence)
        self.sequence = sequence
        self.marker = secrets.token_bytes(8)
        self.opened_at = opened_at
        self.length = 0
        self.weight = 0
        self.frames = 0
        self.received_ns = 0
        self.positions_version = 0
        self._fd = filesystem.create(self.path)

    def write(self, payloads: Sequence[EncodedPayload], previous: tuple[int, int]) -> int:
        """Write frames after what is durable; answers the length the segment has once synced.

        `previous` is the sequence and the length of the segment before.
        """
        buffers: list[Bytes] = []
        if self.length == 0:
            buffers.append(segment_header(SegmentHeader(self.sequence, self.marker, *previous)))
        for ordinal, encoded in enumerate(payloads, self.frames):
            head = frame_header(self.marker, ordinal, encoded) + encoded.envelope
            if len(encoded.data) < JOIN_BELOW:
                buffers.append(head + encoded.data)
            else:
                buffers += (head, encoded.data)
        return write_all(self.filesystem, self._fd, buffers, self.length)

    def sync(self, length: int, payloads: int) -> None:
        """Make everything written durable. After an error the file must not be synced again: the
        kernel reports a lost page once and then forgets it (fsync(2), "fsyncgate" of 2018)."""
        self.filesystem.sync(self._fd)
        if self.length == 0:
            self.filesystem.sync_directory(self.path.parent)
        self.length = length
        self.frames += payloads

    def cut(self) -> None:
        """Drop what was written after the durable part."""
        self.filesystem.truncate(self._fd, self.length)

    def close(self) -> None:
        self.filesystem.close(self._fd)

    @property
    def acknowledged_bytes(self) -> int:
        """What the next segment's header tells of this one: never 0, which would mean unknown."""
        return max(self.length, SEGMENT_HEADER.size)

    def sealed(self, quarantine: Quarantine) -> DiskSegment:
        return DiskSegment(
            sequence=self.sequence,
            batch_id=batch_id(self.sequence, self.marker),
            path=self.path,
            received_ns=self.received_ns,
            positions_version=self.positions_version,
            filesystem=self.filesystem,
            quarantine=quarantine,
            bytes=self.length,
        )
