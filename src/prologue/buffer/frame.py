"""The bytes of a segment: one header, then frames, one frame a payload.

Numbers are little-endian, checksums CRC32C (Castagnoli, RFC 3720 appendix B.4).

    header, 56 bytes                          frame
    0   8  magic "PRLGSEG\\n"                  0   8  marker, the header's
    8   4  version, 1                         8   4  ordinal, 0 for the segment's first frame
    12  4  0                                  12  4  length of the envelope
    16  8  sequence of the segment            16  4  length of the data
    24  8  marker, random for this segment    20  4  checksum of envelope and data
    32  8  sequence of the segment before     24  4  checksum of bytes 0 to 23
    40  8  its length                         28     envelope, then data
    48  4  0
    52  4  checksum of bytes 0 to 51

The batch id, under which the store knows all lines of a segment, is its sequence times 2^20 plus the first
20 bits of its marker.

The envelope is a MessagePack array of `Envelope`'s fields in their order; the data is the payload's,
untouched.

Why so:
- The frame's header has its own checksum, so its lengths can be trusted even where the data cannot:
  one damaged payload costs one payload.
- Where a frame's header is damaged, reading goes on at the next marker. A sender cannot forge one
  inside its data, since the marker is random and is never told.
- The ordinal tells how many frames a damaged stretch held.
- The length of the segment before says how much of that one was ever acknowledged, without a second
  write when a segment is sealed: what is missing of it is damage, what is beyond it never counted.
  Both are 0 in the first segment of a buffer.

Next chapter: `prologue.buffer.scan`, which reads whole segments of them, damaged ones too.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import google_crc32c
import msgspec
import numpy as np

from prologue.model.errors import PayloadError
from prologue.model.payload import Payload, PayloadFormat, SourcePosition

MAGIC = b"PRLGSEG\n"
VERSION = 1
SEGMENT_HEADER = struct.Struct("<8sIIQ8sQQII")
FRAME_HEADER = struct.Struct("<8sIIIII")
CHECKSUM = struct.Struct("<I")
MAX_DATA_BYTES = (1 << 31) - 1
"""The longest data of one frame; well inside its 32-bit length."""
RECORD_WEIGHT = 256
"""Bytes that a record counts at least, so that a segment of 32 MiB is at most 131,072 rows."""


class Envelope(msgspec.Struct, frozen=True, array_like=True):
    """All of a payload but its data. Fields may be added at the end, never moved."""

    tenant: str
    format: PayloadFormat
    received_ns: int
    labels: dict[str, str]
    params: dict[str, str]
    position: tuple[str, int, int] | None


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Envelope)


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """What a segment knows of itself and of the one written before it (0 where there was none)."""

    sequence: int
    marker: bytes
    previous_sequence: int = 0
    previous_bytes: int = 0


@dataclass(frozen=True, slots=True)
class EncodedPayload:
    """A payload ready for any segment: its place in one is the frame header's business."""

    envelope: bytes
    data: bytes | memoryview
    checksum: int
    records: int = 0

    @property
    def weight(self) -> int:
        """What it counts towards a segment's size: its bytes, or, where its records are tiny or well
        compressed, what they will take at least once they are rows in memory."""
        return max(self.frame_bytes, self.records * RECORD_WEIGHT)

    @property
    def frame_bytes(self) -> int:
        return FRAME_HEADER.size + len(self.envelope) + len(self.data)


def checksum(*parts: bytes | memoryview) -> int:
    """CRC32C of the parts one after the other, without joining or copying them."""
    value = 0
    for part in parts:
        # The library refuses memoryviews, but takes an array over the same memory. It gives up the
        # GIL only for large `bytes`, so those are passed as they are.
        view = part if isinstance(part, bytes) else np.frombuffer(part, dtype=np.uint8)
        value = google_crc32c.extend(value, view) if len(view) else value
    return int(value)


def encode_payload(payload: Payload) -> EncodedPayload:
    """The payload's part of a frame; computes the checksum, so it belongs in the sender's thread.

    Raises `PayloadError` where text of the envelope cannot be written as UTF-8.
    """
    position = payload.position
    fields = Envelope(
        payload.tenant,
        payload.format,
        payload.received_ns,
        _plain(payload.labels),
        _plain(payload.params),
        (position.source, position.start, position.end) if position else None,
    )
    try:
        envelope = _ENCODER.encode(fields)
    except UnicodeEncodeError as error:
        raise PayloadError(
            f"the payload's tenant, labels, params or source hold text that is not Unicode: {error.object!r}",
            cure="replace lone surrogates, such as those of file names that are not UTF-8",
        ) from error
    data = payload.data if isinstance(payload.data, bytes) else payload.data.cast("B")
    return EncodedPayload(
        envelope, data, checksum(envelope, data), payload.records or _lines(payload.format, data)
    )


def _lines(form: PayloadFormat, data: bytes | memoryview) -> int:
    """The records of a text format, by its line ends; 0 where the format has none."""
    if form not in (PayloadFormat.LINES, PayloadFormat.JSON_LINES):
        return 0
    return (data if isinstance(data, bytes) else data.tobytes()).count(b"\n")


def _plain(mapping: Mapping[str, str]) -> dict[str, str]:
    return mapping if isinstance(mapping, dict) else dict(mapping)


def frame_header(marker: bytes, ordinal: int, encoded: EncodedPayload) -> bytes:
    """The 28 bytes that put an encoded payload into a segment."""
    head = FRAME_HEADER.pack(marker, ordinal, len(encoded.envelope), len(encoded.data), encoded.checksum, 0)
    return head[:-4] + CHECKSUM.pack(checksum(head[:-4]))


def segment_header(header: SegmentHeader) -> bytes:
    previous = (header.previous_sequence, header.previous_bytes)
    head = SEGMENT_HEADER.pack(MAGIC, VERSION, 0, header.sequence, header.marker, *previous, 0, 0)
    return head[:-4] + CHECKSUM.pack(checksum(head[:-4]))


def read_segment_header(data: memoryview) -> SegmentHeader | None:
    """The header at the start of a segment, or None where it is damaged or not of this version."""
    if len(data) < SEGMENT_HEADER.size:
        return None
    magic, version, _, sequence, marker, *previous, _, check = SEGMENT_HEADER.unpack_from(data)
    good = magic == MAGIC and version == VERSION and check == checksum(data[: SEGMENT_HEADER.size - 4])
    return SegmentHeader(sequence, marker, *previous) if good else None


@dataclass(frozen=True, slots=True)
class FrameHead:
    """A frame header whose own checksum is right."""

    ordinal: int
    envelope_bytes: int
    data_bytes: int
    checksum: int

    @property
    def frame_bytes(self) -> int:
        return FRAME_HEADER.size + self.envelope_bytes + self.data_bytes


def read_frame_header(data: memoryview, start: int, marker: bytes) -> FrameHead | None:
    """The frame header at `start`, or None where there is no good one of this segment."""
    end = start + FRAME_HEADER.size
    if end > len(data) or data[start : start + len(marker)] != marker:
        return None
    _, *fields, check = FRAME_HEADER.unpack_from(data, start)
    return FrameHead(*fields) if check == checksum(data[start : end - 4]) else None


def read_body(data: memoryview, start: int, head: FrameHead) -> Payload | None:
    """The payload of the frame at `start`, or None where its checksum does not hold.

    Its data is a view into `data`. Raises `msgspec.MsgspecError` where an intact envelope is not
    one this version understands.
    """
    body = data[start + FRAME_HEADER.size : start + head.frame_bytes]
    if len(body) != head.envelope_bytes + head.data_bytes or checksum(body) != head.checksum:
        return None
    envelope = _DECODER.decode(body[: head.envelope_bytes])
    return Payload(
        tenant=envelope.tenant,
        format=envelope.format,
        data=body[head.envelope_bytes :],
        received_ns=envelope.received_ns,
        labels=envelope.labels,
        params=envelope.params,
        position=SourcePosition(*envelope.position) if envelope.position else None,
    )
