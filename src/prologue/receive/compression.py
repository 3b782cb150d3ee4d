"""Decompression that cannot be made to fill the memory.

Every codec is asked for at most one byte more than the limit, so a bomb costs the limit and never
what it claims to hold; a truncated body is an error, not a short one. Encodings are HTTP's
`Content-Encoding` names; snappy is the raw block format, as Loki and Prometheus remote write use it.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

import snappy

from prologue.model.errors import PayloadError, PayloadTooLarge, UserError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# A zstd frame may ask its reader for a window of up to 2 GiB; 2**27 is what the reference encoder's
# highest levels use and what its decoder accepts unasked.
_ZSTD_OPTIONS: Mapping[int, int] = {zstd.DecompressionParameter.window_log_max: 27}

# Input goes in by chunks and the members are counted, because the rest of the input is copied at the
# end of each: a body of a million empty members would otherwise cost the square of its size.
_CHUNK = 64 * 1024
_MAX_MEMBERS = 65_536
_MAX_ENCODINGS = 3
_GZIP_MAGIC = b"\x1f\x8b"


def decompress(data: bytes, encoding: str, limit: int) -> bytes:
    """The body behind `Content-Encoding: <encoding>`; at most `limit` bytes.

    Raises `PayloadTooLarge`, `PayloadError` where the data are not what they claim, and `UserError`
    with code `unsupported_encoding` for a name we do not know.
    """
    name = encoding.strip().lower()
    if "," in name:
        return _several(data, [part.strip() for part in name.split(",")], limit)
    codec = _CODECS.get(name)
    if codec is None:
        raise UserError(
            f"Content-Encoding {encoding[:40]!r} is not supported",
            cure="send one of: " + ", ".join(sorted(n for n in _CODECS if n)),
            code="unsupported_encoding",
        )
    return codec(data, limit)


def _several(data: bytes, names: list[str], limit: int) -> bytes:
    """Encodings in the order they were applied (RFC 9110 section 8.4).

    Senders exist that name all they can do and apply one (graypy: `gzip,deflate`): a gzip that is not
    there is passed over.
    """
    if len(names) > _MAX_ENCODINGS:
        raise PayloadError(f"more than {_MAX_ENCODINGS} encodings of one body", cure="compress it once")
    for name in reversed(names):
        if name not in ("gzip", "x-gzip") or data[:2] == _GZIP_MAGIC:
            data = decompress(data, name, limit)
    return data


def _identity(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise PayloadTooLarge(limit, setting="receive.max_decompressed_bytes")
    return data


class _Engine(Protocol):
    """What `zlib`'s and `zstd`'s incremental decompressors share."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: memoryview, max_length: int, /) -> bytes: ...


def _bounded(new_engine: Callable[[], _Engine], data: bytes, limit: int) -> bytes:
    """Everything in `data`: one member or several in a row (RFC 1952 section 2.2, RFC 8878 section 3.1)."""
    view = memoryview(data)
    position = 0
    room = limit + 1
    parts: list[bytes] = []
    for _ in range(_MAX_MEMBERS):
        engine = new_engine()
        while not engine.eof:
            chunk = view[position : position + _CHUNK]
            if not chunk:
                raise PayloadError(
                    "the compressed body ends too early", cure="send the whole body; check Content-Length"
                )
            position += len(chunk)
            parts.append(engine.decompress(chunk, room))
            room -= len(parts[-1])
            if room <= 0:
                raise PayloadTooLarge(limit, setting="receive.max_decompressed_bytes")
        position -= len(engine.unused_data)
        if position == len(view):
            return b"".join(parts)
    raise PayloadError(
        f"the compressed body has more than {_MAX_MEMBERS} members", cure="compress the body as one"
    )


def _gzip(data: bytes, limit: int) -> bytes:
    try:
        return _bounded(partial(zlib.decompressobj, 31), data, limit)
    except zlib.error as error:
        raise _not_what_it_claims("gzip", str(error)) from error


def _deflate(data: bytes, limit: int) -> bytes:
    # RFC 9110 means zlib by "deflate"; Loki and many clients send the bare stream instead.
    is_zlib = len(data) >= 2 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    try:
        return _bounded(partial(zlib.decompressobj, 15 if is_zlib else -15), data, limit)
    except zlib.error as error:
        raise _not_what_it_claims("deflate", str(error)) from error


def _zstd(data: bytes, limit: int) -> bytes:
    try:
        return _bounded(partial(zstd.ZstdDecompressor, options=_ZSTD_OPTIONS), data, limit)
    except zstd.ZstdError as error:
        raise _not_what_it_claims("zstd", str(error)) from error


def unsnappy(data: bytes, limit: int) -> bytes:
    """A raw snappy block. Its header states the size, which is checked before anything is allocated."""
    if _claimed_size(data) > limit:
        raise PayloadTooLarge(limit, setting="receive.max_decompressed_bytes")
    try:
        return bytes(snappy.uncompress(data))
    except snappy.UncompressError as error:
        raise _not_what_it_claims("snappy", "not a raw snappy block") from error


def _claimed_size(data: bytes) -> int:
    """The uncompressed length: a little-endian base-128 number of at most 5 bytes (snappy's format text)."""
    size = 0
    for shift, byte in enumerate(data[:5]):
        size |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return size
    raise _not_what_it_claims("snappy", "its length header is broken")


def _not_what_it_claims(name: str, reason: str) -> PayloadError:
    return PayloadError(
        f"the body is not valid {name}: {reason}",
        cure=f"compress the whole body once with {name}, or leave the encoding out",
    )


_CODECS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "": _identity,
    "identity": _identity,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
    "snappy": unsnappy,
}
