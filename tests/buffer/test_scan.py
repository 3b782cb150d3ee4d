from __future__ import annotations

import random

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
    segment_header,
)
from prologue.buffer.scan import Scan, scan
from prologue.model.payload import Payload, PayloadFormat

MARKER = b"\x00\xffmark\x01\x02"


def build(datas: list[bytes], marker: bytes = MARKER) -> tuple[bytes, list[tuple[int, int]]]:
    """A segment, and the start and end of each of its frames."""
    content = segment_header(SegmentHeader(7, marker))
    spans = []
    for ordinal, data in enumerate(datas):
        encoded = encode_payload(Payload("t", PayloadFormat.LINES, data, 1))
        start = len(content)
        content += frame_header(marker, ordinal, encoded) + encoded.envelope + data
        spans.append((start, len(content)))
    return content, spans


def datas(found: Scan) -> list[bytes]:
    return [bytes(frame.payload.data) for frame in found.frames]


THREE = [b"one" * 10, b"two" * 20, b"three" * 30]


def test_a_whole_segment() -> None:
    content, spans = build(THREE)
    found = scan(content)
    assert datas(found) == THREE
    assert [(frame.start, frame.end) for frame in found.frames] == spans
    assert (found.damages, found.length, found.marker) == ([], len(content), MARKER)


@given(st.lists(st.binary(max_size=200), max_size=5), st.data())
def test_a_truncated_newest_segment_keeps_every_whole_frame_and_is_torn(contents, data) -> None:
    content, spans = build(contents)
    cut = data.draw(st.integers(0, len(content)))
    found = scan(content[:cut])
    whole = [end for _, end in spans if end <= cut]
    assert datas(found) == contents[: len(whole)]
    assert found.damages == []
    assert found.length in {max([SEGMENT_HEADER.size, *whole]), 0 if cut < 84 else -1}


@given(st.lists(st.binary(max_size=200), max_size=5), st.data())
def test_a_truncated_older_segment_is_damage(contents, data) -> None:
    content, spans = build(contents)
    cut = data.draw(st.integers(0, len(content)))
    found = scan(content[:cut], len(content))
    whole = [end for _, end in spans if end <= cut]
    assert datas(found) == contents[: len(whole)]
    assert bool(found.damages) == (cut < len(content) and bool(contents))


@given(st.lists(st.binary(max_size=200), max_size=4), st.binary(max_size=300))
def test_what_the_next_segment_does_not_vouch_for_never_counted(contents, rest) -> None:
    content, _ = build(contents)
    found = scan(content + rest, len(content))
    assert (datas(found), found.damages) == (contents, [])
    assert found.length == (len(content) if contents else 0)


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5), st.data())
def test_one_flipped_bit_costs_at_most_one_frame_and_is_told(contents, data) -> None:
    content, spans = build(contents)
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    broken = bytearray(content)
    broken[bit // 8] ^= 1 << bit % 8
    hit = [index for index, (start, end) in enumerate(spans) if start <= bit // 8 < end]
    found = scan(bytes(broken))
    assert datas(found) == [kept for index, kept in enumerate(contents) if index not in hit]
    assert len(found.damages) == 1
    assert found.damages[0].frames == len(hit)
    assert found.damages[0].start <= bit // 8 < found.damages[0].end


@given(st.lists(st.binary(min_size=20, max_size=100), min_size=1, max_size=6), st.randoms(), st.data())
def test_any_overwritten_stretch_never_invents_and_keeps_what_it_does_not_touch(contents, rnd, data) -> None:
    content, spans = build(contents)
    start = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.integers(start + 1, len(content)))
    garbage = bytes(rnd.randrange(256) for _ in range(end - start))
    found = scan(content[:start] + garbage + content[end:], len(content))
    header_hit = start < SEGMENT_HEADER.size
    first_hit = start < spans[0][0] + FRAME_HEADER.size
    kept = [(frame.start, frame.end) for frame in found.frames]
    if not (header_hit and first_hit and end > SEGMENT_HEADER.size):  # else no marker is left to trust
        assert {span for span in spans if span[1] <= start or span[0] >= end} <= set(kept)
    assert kept == [span for span in spans if span in kept]


def test_the_ordinal_tells_how_many_frames_a_stretch_held() -> None:
    content, spans = build([b"x" * 50] * 6)
    hole = bytes(spans[3][1] - spans[1][0])
    found = scan(content[: spans[1][0]] + hole + content[spans[3][1] :])
    assert [frame.ordinal for frame in found.frames] == [0, 4, 5]
    assert [(damage.start, damage.end, damage.frames) for damage in found.damages] == [
        (spans[1][0], spans[3][1], 3)
    ]


def test_a_frame_forged_in_the_data_is_not_found() -> None:
    inner, _ = build([b"forged"], marker=b"guessed!")
    content, spans = build([b"first", inner, b"last"])
    broken = bytearray(content)
    broken[spans[1][0]] ^= 1
    found = scan(bytes(broken))
    assert datas(found) == [b"first", b"last"]


def test_a_marker_in_the_data_alone_is_no_frame() -> None:
    content, spans = build([b"first", MARKER * 30, b"last"])
    broken = bytearray(content)
    broken[spans[1][0]] ^= 1
    found = scan(bytes(broken))
    assert datas(found) == [b"first", b"last"]
    assert [damage.frames for damage in found.damages] == [1]


@pytest.mark.parametrize(
    ("tail", "damaged"),
    [
        pytest.param(b"", False, id="clean end"),
        pytest.param(bytes(10_000), False, id="blocks assigned and never written"),
        pytest.param(MARKER + b"\x00" * 10, False, id="part of a frame header"),
        pytest.param(b"\x07" * 5, False, id="too short for any frame"),
        pytest.param(b"\x07" * 100, True, id="garbage that may have been a frame"),
    ],
)
def test_the_end_of_the_newest_segment(tail: bytes, damaged: bool) -> None:
    content, _ = build(THREE)
    found = scan(content + tail)
    assert datas(found) == THREE
    assert bool(found.damages) == damaged
    assert found.length == len(content) + (len(tail) if damaged else 0)


@pytest.mark.parametrize(
    ("content", "damaged"),
    [
        pytest.param(b"", False, id="created and no more"),
        pytest.param(bytes(5000), False, id="zeros"),
        pytest.param(b"PRLGSEG\n" + bytes(40), False, id="a torn header"),
        pytest.param(random.Random(1).randbytes(5000), True, id="garbage"),
    ],
)
def test_a_newest_segment_without_a_header(content: bytes, damaged: bool) -> None:
    found = scan(content)
    assert found.frames == []
    assert bool(found.damages) == damaged
    assert found.length == (len(content) if damaged else 0)


def test_a_damaged_segment_header_costs_no_frame() -> None:
    content, _ = build(THREE)
    found = scan(b"\xff" * SEGMENT_HEADER.size + content[SEGMENT_HEADER.size :])
    assert datas(found) == THREE
    assert (found.header, found.marker) == (None, MARKER)
    assert [damage.frames for damage in found.damages] == [0]


@given(st.binary(max_size=500), st.none() | st.integers(0, 600))
def test_scan_never_raises(content: bytes, acknowledged: int | None) -> None:
    assert scan(content, acknowledged).frames == []


def test_an_intact_envelope_of_a_later_version_is_damage_with_the_reason() -> None:
    content, _ = build([b"a", b"b"])
    encoded = encode_payload(Payload("t", PayloadFormat.LINES, b"c", 1))
    later = encoded.envelope.replace(b"lines", b"waves")
    strange = type(encoded)(later, b"c", checksum(later, b"c"))
    content += frame_header(MARKER, 2, strange) + later + b"c"
    found = scan(content)
    assert datas(found) == [b"a", b"b"]
    assert "not understood" in found.damages[0].reason
