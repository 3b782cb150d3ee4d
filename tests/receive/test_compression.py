"""Decompression: round trips, bombs, and data that are not what they claim."""

from __future__ import annotations

import gzip
import resource
import zlib

import pytest
import snappy
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import PayloadError, PayloadTooLarge, UserError
from prologue.receive.compression import decompress, unsnappy


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


PACK = {
    "identity": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "snappy": snappy.compress,
}
MIB = 1024 * 1024


def test_several_encodings_are_undone_from_the_last():
    twice = zlib.compress(gzip.compress(b"x", mtime=0))
    assert decompress(twice, "gzip, deflate", 100) == b"x"
    assert decompress(zlib.compress(b"x"), "gzip,deflate", 100) == b"x"  # as graypy says it
    with pytest.raises(PayloadTooLarge):
        decompress(zlib.compress(gzip.compress(b"x" * 1000, mtime=0)), "gzip, deflate", 100)
    with pytest.raises(PayloadError):
        decompress(b"x", "gzip, deflate, gzip, deflate", 100)


@pytest.mark.parametrize("encoding", PACK)
@settings(deadline=None)
@given(data=st.binary(max_size=5000))
def test_round_trip(encoding, data):
    assert decompress(PACK[encoding](data), encoding, 5000) == data


@pytest.mark.parametrize("encoding", PACK)
def test_the_limit_is_exact(encoding):
    packed = PACK[encoding](b"x" * 1000)
    assert len(decompress(packed, encoding, 1000)) == 1000
    with pytest.raises(PayloadTooLarge, match="999 bytes"):
        decompress(packed, encoding, 999)


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("", b"plain"),
        ("GZIP", gzip.compress(b"plain", mtime=0)),
        ("x-gzip", gzip.compress(b"plain", mtime=0)),
        (" zstd ", PACK["zstd"](b"plain")),
        ("deflate", raw_deflate(b"plain")),
        ("gzip", gzip.compress(b"pl", mtime=0) + gzip.compress(b"ain", mtime=0)),
        ("zstd", PACK["zstd"](b"pl") + PACK["zstd"](b"ain")),
        ("zstd", zstandard.ZstdCompressor(write_content_size=False).compress(b"plain")),
    ],
)
def test_forms_that_clients_send(name, packed):
    assert decompress(packed, name, 100) == b"plain"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "snappy"])
@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_truncated_body_is_an_error_and_never_a_shorter_one(encoding, cut):
    packed = PACK[encoding](bytes(range(256)) * 4)
    with pytest.raises(PayloadError):
        decompress(packed[:-cut], encoding, MIB)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "snappy"])
@settings(deadline=None)
@given(data=st.binary(max_size=200))
def test_garbage_is_refused_or_unpacked(encoding, data):
    try:
        decompress(data, encoding, 1000)
    except UserError as error:
        assert error.cure


@pytest.mark.parametrize("encoding", ["br", "lz4", "gzip, br", "\x00"])
def test_unknown_encodings_list_the_known(encoding):
    with pytest.raises(UserError, match="not supported") as caught:
        decompress(b"", encoding, 10)
    assert "gzip, identity, snappy" in caught.value.cure
    assert caught.value.code == "unsupported_encoding"


def bomb(encoding: str) -> bytes:
    """A gibibyte of zeroes, packed."""
    if encoding == "zstd":
        engine = zstandard.ZstdCompressor(level=1).compressobj()
        return b"".join(engine.compress(bytes(MIB)) for _ in range(1024)) + engine.flush()
    deflate = zlib.compressobj(level=1, wbits=31 if encoding == "gzip" else 15)
    return b"".join(deflate.compress(bytes(MIB)) for _ in range(1024)) + deflate.flush()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_bomb_costs_the_limit_and_not_its_size(encoding):
    packed = bomb(encoding)
    assert len(packed) < 8 * MIB
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PayloadTooLarge):
        decompress(packed, encoding, MIB)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 64 * 1024


def test_a_snappy_header_that_claims_4_gib_allocates_nothing():
    with pytest.raises(PayloadTooLarge):
        unsnappy(b"\xff\xff\xff\xff\x0f" + b"\x00", MIB)


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xff\xff\xff\xff\xff", b"\x05\x00"])
def test_broken_snappy(data):
    with pytest.raises(PayloadError, match="not valid snappy"):
        unsnappy(data, MIB)


def test_a_zstd_frame_that_asks_for_a_huge_window_is_refused():
    # Magic, then a header without content size whose window descriptor asks for 2**31 bytes.
    with pytest.raises(PayloadError, match="not valid zstd"):
        decompress(b"\x28\xb5\x2f\xfd\x00\xa8" + bytes(100), "zstd", MIB)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_body_of_too_many_empty_members_is_refused(encoding):
    with pytest.raises(PayloadError, match="members"):
        decompress(PACK[encoding](b"") * 70_000, encoding, MIB)
