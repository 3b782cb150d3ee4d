"""Reading a segment, whole or damaged: its good frames, what is wrong between them, where it ends.

The one reader there is: recovery and the consumer both call `scan`, so both see the same frames. It
has no side effects and never raises on what it is given; what to do about damage is for
`prologue.buffer.quarantine`.

Three kinds of bytes are no good frame. *Torn*: a write that a crash cut short, at the end, so never
acknowledged. *Beyond*: after the length that the next segment vouches for, never acknowledged either.
*Damage*: everything else; it may have been acknowledged, so it is never called torn when in doubt.

Next chapter: `prologue.buffer.segment`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import numpy as np

from prologue.buffer.frame import (
    FRAME_HEADER,
    SEGMENT_HEADER,
    FrameHead,
    SegmentHeader,
    read_body,
    read_frame_header,
    read_segment_header,
)
from prologue.model.payload import Payload


@dataclass(frozen=True, slots=True)
class Frame:
    """A good frame: its place and its payload, whose data is a view into the segment."""

    ordinal: int
    start: int
    end: int
    payload: Payload


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes `start` to `end` of a segment that are no good frame, and about how many payloads that
    is (0 where no payload can have been there). `end` may lie beyond the file: bytes that are gone."""

    start: int
    end: int
    frames: int
    reason: str


@dataclass(slots=True)
class Scan:
    """What is in a segment. Bytes from `length` on are torn; `marker` is empty if it is not known."""

    header: SegmentHeader | None
    marker: bytes = b""
    frames: list[Frame] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    length: int = 0


def scan(content: bytes, acknowledged: int | None = None) -> Scan:
    """Everything in a segment's file. `acknowledged` is its length in bytes as the next segment's
    header gives it, None where there is no next segment.

    Bytes beyond `acknowledged` are not looked at. Bytes missing of it are damage. Where it covers no
    frame, no byte of the file ever counted.
    """
    if acknowledged is not None and acknowledged <= SEGMENT_HEADER.size:
        return Scan(None)
    limit = len(content) if acknowledged is None else min(acknowledged, len(content))
    data = memoryview(content)[:limit]
    found = Scan(read_segment_header(data))
    found.marker = found.header.marker if found.header else _marker_of_first_frame(data)
    if found.marker:
        _scan_frames(data, found, torn_allowed=acknowledged is None)
    elif acknowledged is not None or not _never_written(data):
        found.damages.append(Damage(0, limit, 1, "the segment's header is damaged"))
        found.length = limit
    if acknowledged is not None and acknowledged > limit:
        found.damages.append(Damage(limit, acknowledged, 1, "the file is shorter than was acknowledged"))
    return found


def _marker_of_first_frame(data: memoryview) -> bytes:
    """The marker that the first frame vouches for with its own checksum, when the header cannot."""
    marker = bytes(data[SEGMENT_HEADER.size : SEGMENT_HEADER.size + 8])
    return marker if read_frame_header(data, SEGMENT_HEADER.size, marker) else b""


def _never_written(data: memoryview) -> bool:
    """Whether a file is what a crash during its first write leaves: too short for a header and a
    frame, or nothing but the zeros of blocks that were assigned and never written."""
    return len(data) < SEGMENT_HEADER.size + FRAME_HEADER.size or _is_zero(data)


def _scan_frames(data: memoryview, found: Scan, *, torn_allowed: bool) -> None:
    position = SEGMENT_HEADER.size
    if found.header is None:
        found.damages.append(Damage(0, position, 0, "the segment's header is damaged"))
    expected = 0
    while position < len(data):
        head = read_frame_header(data, position, found.marker)
        if head is None:
            after = _next_frame(data, position, found.marker)
            if after is None and torn_allowed and _torn_start(data[position:]):
                break
            end, frames = (len(data), 1) if after is None else (after[0], max(1, after[1].ordinal - expected))
            found.damages.append(Damage(position, end, frames, "a frame's header is damaged"))
            position, expected = end, expected + frames
            continue
        end = position + head.frame_bytes
        if end > len(data):
            if not torn_allowed:
                found.damages.append(Damage(position, len(data), 1, "a frame is cut short"))
                position = len(data)
            break
        _read_frame(data, position, head, found)
        position, expected = end, head.ordinal + 1
    found.length = min(position, len(data))


def _read_frame(data: memoryview, start: int, head: FrameHead, found: Scan) -> None:
    end = start + head.frame_bytes
    try:
        payload = read_body(data, start, head)
    except msgspec.MsgspecError as error:
        found.damages.append(Damage(start, end, 1, f"a frame's envelope is not understood: {error}"))
        return
    if payload is None:
        found.damages.append(Damage(start, end, 1, "a frame's checksum does not hold"))
    else:
        found.frames.append(Frame(head.ordinal, start, end, payload))


def _next_frame(data: memoryview, position: int, marker: bytes) -> tuple[int, FrameHead] | None:
    """Where the next frame with a good header starts, after a damaged one at `position`."""
    whole = data.obj
    assert isinstance(whole, bytes)  # `scan` is given bytes; searching them needs no copy
    start = whole.find(marker, position + 1, len(data))
    while start >= 0:
        head = read_frame_header(data, start, marker)
        if head is not None:
            return start, head
        start = whole.find(marker, start + 1, len(data))
    return None


def _torn_start(rest: memoryview) -> bool:
    """Whether the last bytes of a file are the start of a write that never ended."""
    return len(rest) < FRAME_HEADER.size or _is_zero(rest)


def _is_zero(data: memoryview) -> bool:
    return not np.frombuffer(data, dtype=np.uint8).any()
