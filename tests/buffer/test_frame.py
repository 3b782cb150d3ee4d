from __future__ import annotations

import google_crc32c
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.buffer.frame import (
    FRAME_HEADER,
    SEGMENT_HEADER,
    SegmentHeader,
    checksum,
    encode_payload,
    frame_header,
    read_body,
    read_frame_header,
    read_segment_header,
    segment_header,
)
from prologue.model.errors import PayloadError
from prologue.model.payload import Payload, PayloadFormat, SourcePosition

MARKER = b"8 bytes!"
texts = st.text(max_size=20)
maps = st.dictionaries(texts, texts, max_size=4)
positions = st.builds(SourcePosition, texts, st.integers(0, 2**62), st.integers(0, 2**62))
payloads = st.builds(
    Payload,
    texts,
    st.sampled_from(PayloadFormat),
    st.binary(max_size=5000),
    st.integers(-(2**62), 2**62),
    maps,
    maps,
    st.none() | positions,
)


def test_the_documented_sizes() -> None:
    assert (SEGMENT_HEADER.size, FRAME_HEADER.size) == (56, 28)


def test_checksum_is_crc32c() -> None:
    # RFC 3720 B.4: 32 bytes of zeros, and of ones.
    assert checksum(bytes(32)) == 0x8A9136AA
    assert checksum(b"\xff" * 32) == 0x62A8AB43


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_checksum_of_parts_is_the_checksum_of_the_whole(parts: list[bytes]) -> None:
    whole = google_crc32c.value(b"".join(parts))
    assert checksum(*parts) == whole
    assert checksum(*map(memoryview, parts)) == whole


@given(payloads, st.integers(0, 2**32 - 1))
def test_a_frame_reads_back_as_the_payload(payload: Payload, ordinal: int) -> None:
    encoded = encode_payload(payload)
    frame = frame_header(MARKER, ordinal, encoded) + encoded.envelope + encoded.data
    assert len(frame) == encoded.frame_bytes
    view = memoryview(frame)
    head = read_frame_header(view, 0, MARKER)
    assert head is not None
    assert (head.ordinal, head.frame_bytes) == (ordinal, len(frame))
    assert read_body(view, 0, head) == payload


def test_data_is_a_view_into_the_segment(payload) -> None:
    encoded = encode_payload(payload(b"x" * 100))
    frame = frame_header(MARKER, 0, encoded) + encoded.envelope + encoded.data
    head = read_frame_header(memoryview(frame), 0, MARKER)
    assert head is not None
    data = read_body(memoryview(frame), 0, head).data
    assert isinstance(data, memoryview)
    assert data.obj is frame


def test_a_memoryview_of_any_item_size_is_taken_as_bytes(payload) -> None:
    wide = memoryview(bytes(range(16))).cast("I")
    assert bytes(encode_payload(payload(wide)).data) == bytes(range(16))


@given(payloads, st.data())
def test_any_flipped_bit_is_noticed(payload: Payload, data: st.DataObject) -> None:
    encoded = encode_payload(payload)
    frame = bytearray(frame_header(MARKER, 3, encoded) + encoded.envelope + encoded.data)
    bit = data.draw(st.integers(0, len(frame) * 8 - 1))
    frame[bit // 8] ^= 1 << bit % 8
    view = memoryview(bytes(frame))
    head = read_frame_header(view, 0, MARKER)
    assert head is None or read_body(view, 0, head) is None


@given(st.integers(0, 2**64 - 1), st.binary(min_size=8, max_size=8), st.integers(0, 2**64 - 1), st.data())
def test_segment_header(sequence: int, marker: bytes, previous: int, data: st.DataObject) -> None:
    header = SegmentHeader(sequence, marker, previous, previous // 3)
    content = bytearray(segment_header(header))
    assert read_segment_header(memoryview(content)) == header
    cut = data.draw(st.integers(0, len(content) - 1))
    assert read_segment_header(memoryview(content)[:cut]) is None
    content[cut] ^= 1
    assert read_segment_header(memoryview(content)) is None


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(Payload("t\udcff", PayloadFormat.LINES, b"x", 1), id="tenant"),
        pytest.param(Payload("t", PayloadFormat.LINES, b"x", 1, {"filename": "\udcff.log"}), id="label"),
        pytest.param(
            Payload("t", PayloadFormat.LINES, b"x", 1, position=SourcePosition("\udcff", 0, 1)), id="source"
        ),
    ],
)
def test_text_that_is_not_unicode_is_refused_by_name(bad: Payload) -> None:
    with pytest.raises(PayloadError, match="udcff") as caught:
        encode_payload(bad)
    assert "surrogates" in caught.value.cure


def test_an_envelope_of_a_later_version_is_an_error_and_not_a_guess(payload) -> None:
    encoded = encode_payload(payload())
    later = encoded.envelope.replace(b"lines", b"waves")
    changed = type(encoded)(later, encoded.data, checksum(later, encoded.data))
    frame = memoryview(frame_header(MARKER, 0, changed) + later + encoded.data)
    head = read_frame_header(frame, 0, MARKER)
    assert head is not None
    with pytest.raises(msgspec.MsgspecError):
        read_body(frame, 0, head)
