from __future__ import annotations

import errno
from pathlib import Path

import pytest

from prologue.buffer.frame import encode_payload
from prologue.buffer.quarantine import Quarantine
from prologue.buffer.scan import scan
from prologue.buffer.segment import JOIN_BELOW, MAX_SEQUENCE, OpenSegment, batch_id, segment_path, sequence_of
from prologue.model.errors import TemporaryError


@pytest.fixture
def segment(tmp_path: Path, faulty) -> OpenSegment:
    return OpenSegment(faulty, tmp_path, 42, 0.0)


@pytest.fixture
def quarantine(tmp_path: Path, faulty) -> Quarantine:
    return Quarantine(faulty, tmp_path)


def store(segment: OpenSegment, *payloads) -> None:
    encoded = [encode_payload(payload) for payload in payloads]
    segment.sync(segment.write(encoded, (41, 1000)), len(encoded))


def test_names_sort_like_numbers(tmp_path: Path) -> None:
    numbers = [1, 9, 10, 2**63]
    names = [segment_path(tmp_path, number).name for number in numbers]
    assert names == sorted(names)


def test_a_batch_id_is_the_contents_own() -> None:
    assert batch_id(42, b"\xab\xcd\xef" + b"\x01" * 5) == 0x2A_ABCDE
    assert sequence_of(0x2A_ABCDE) == 42
    assert batch_id(MAX_SEQUENCE, b"\xff" * 8) == (1 << 63) - 1


@pytest.mark.parametrize("size", [0, 1, JOIN_BELOW - 1, JOIN_BELOW, 3 * JOIN_BELOW])
def test_payloads_of_every_size_read_back(segment: OpenSegment, quarantine, payload, size: int) -> None:
    first, second = payload(b"a" * size), payload(memoryview(b"b" * size), source="f")
    store(segment, first)
    store(segment, second, first)
    segment.close()
    assert segment.sealed(quarantine).payloads() == [first, second, first]


def test_the_header_vouches_for_the_segment_before(segment: OpenSegment, payload) -> None:
    store(segment, payload())
    header = scan(segment.path.read_bytes()).header
    assert header is not None
    assert (header.sequence, header.previous_sequence, header.previous_bytes) == (42, 41, 1000)


def test_a_new_name_is_synced_once(segment: OpenSegment, payload, faulty) -> None:
    store(segment, payload())
    store(segment, payload())
    assert faulty.calls == ["create", "write", "sync", "sync_directory", "write", "sync"]


def test_length_is_what_is_durable_and_cut_returns_to_it(segment: OpenSegment, payload, faulty) -> None:
    store(segment, payload())
    durable = segment.length
    faulty.fail["sync"] = [errno.EIO]
    with pytest.raises(OSError, match="EIO"):
        store(segment, payload(b"lost"))
    assert segment.length == durable < segment.path.stat().st_size
    segment.cut()
    assert segment.path.stat().st_size == durable


def test_bytes_after_the_durable_length_are_never_handed_out(segment, payload, quarantine) -> None:
    store(segment, payload(b"kept"))
    segment.write([encode_payload(payload(b"never acknowledged"))], (0, 0))
    assert [bytes(found.data) for found in segment.sealed(quarantine).payloads()] == [b"kept"]
    assert quarantine.frames == 0


def test_damage_after_sealing_is_set_aside_when_it_is_read(segment, payload, quarantine) -> None:
    store(segment, payload(b"first"), payload(b"second"), payload(b"third"))
    sealed = segment.sealed(quarantine)
    content = segment.path.read_bytes()
    segment.path.write_bytes(content.replace(b"second", b"sEcond"))
    for _ in range(2):
        assert [bytes(found.data) for found in sealed.payloads()] == [b"first", b"third"]
    assert quarantine.frames == 1


def test_a_segment_that_cannot_be_read_says_so(segment, payload, quarantine, faulty) -> None:
    store(segment, payload())
    faulty.fail["read"] = [errno.EIO]
    sealed = segment.sealed(quarantine)
    with pytest.raises(TemporaryError, match="cannot be read") as caught:
        sealed.payloads()
    assert str(segment.path) in caught.value.message
    assert len(sealed.payloads()) == 1
