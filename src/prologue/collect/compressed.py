"""Rotation that compresses: the unread rest of a file that is only in an archive by now.

While we run, the descriptor of a file outlives its compression. A file that was compressed while nobody
watched is looked for in the archives beside its path: same stem, not older than what we saw of it last,
the same first bytes and the same bytes before our offset. What follows the offset is unpacked into a file
without a name, at the positions it had, with a hole for what was read before. To the rest of the collector
that is a deleted file like any other: read to its end under its old source, then forgotten. A kill in the
middle costs nothing, the next start finds the archive again.

Unpacking is a stream: memory is bounded by the format's window, the disk by `REST_AT_MOST` and by half of
what is free.

Next chapter: `prologue.collect.tailer`, the loop over all files.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from prologue.collect.copies import inodes_of
from prologue.collect.identity import (
    CONTEXT_BYTES,
    HEAD_BYTES,
    FileKey,
    Fingerprint,
    key_of,
    open_regular,
)
from prologue.collect.plain import stem

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE = 256 * 1024
REST_AT_MOST = 4 << 30
# Archivers keep the time of the last write, some of them to the second only.
TIME_SLACK_NS = 2_000_000_000
# So much must be equal where nothing but the first bytes is known.
HEAD_AT_LEAST = 64
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError)
# What the highest levels of xz and zstd need; an archive that asks for more is refused.
XZ_MEMORY = 128 << 20
ZSTD_OPTIONS: Mapping[int, int] = {zstd.DecompressionParameter.window_log_max: 27}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is gone: what was read of it up to `offset`, and how large it was when last seen."""

    path: str
    offset: int
    size: int
    head: Fingerprint
    since_ns: int


@dataclass(frozen=True, slots=True)
class Rest:
    """A descriptor of the unpacked file, the caller's to close; `lost` bytes are known to be missing."""

    fd: int
    lost: int


class _Foreign(Exception):
    """The archive is another file's."""


class Archives:
    """`folder` is where the rest is unpacked; `tell` gets what is wrong, with the cure."""

    def __init__(self, folder: Path, tell: Callable[[str], object]) -> None:
        self._folder = folder
        self._tell = tell
        self._taken: set[FileKey] = set()  # archives whose file was found: they belong to no other

    def find(self, wanted: Wanted, holds: Callable[[int], bool]) -> Rest | None:
        """The archive of the file that is gone; `holds` says of its unpacked bytes whether it is the one."""
        if not wanted.offset and wanted.head.length < HEAD_AT_LEAST:
            return None
        for path in candidates(wanted.path, wanted.since_ns):
            try:
                rest = self._open(path, wanted, holds)
            except OSError as error:
                self._tell(
                    f"{path} cannot be unpacked ({error}) to look for the rest of {wanted.path}; "
                    f"make room in {self._folder} or give permission to read it, and start Prologue again"
                )
                continue
            if rest is not None:
                return rest
        return None

    def _open(self, path: str, wanted: Wanted, holds: Callable[[int], bool]) -> Rest | None:
        try:
            fd = open_regular(path)
        except FileNotFoundError:
            return None  # removed while we looked
        with os.fdopen(fd, "rb") as archive:
            key = key_of(fd)
            if key in self._taken:
                return None
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._folder, buffering=0) as spool:
                rest = self._unpack(path, archive, _Spool(spool.fileno(), wanted, holds))
        if rest is not None:
            self._taken.add(key)
        return rest

    def _unpack(self, path: str, archive: BinaryIO, spool: _Spool) -> Rest | None:
        wanted, damage = spool.wanted, ""
        limit = wanted.offset + min(REST_AT_MOST, shutil.disk_usage(self._folder).free // 2)
        try:
            for piece in pieces(path, archive):
                if spool.reached + len(piece) > limit:
                    damage = f"holds more than the {limit - wanted.offset} bytes there is room for"
                    break
                spool.write(piece)
        except _Foreign:
            return None
        except DAMAGED as error:
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                raise
            damage = f"is damaged ({error})"
        if not spool.found:
            if damage and spool.begins_alike:
                self._tell(
                    f"{path} {damage} and may hold the rest of {wanted.path}; restore it from a backup, "
                    "or unpack what is left of it (zcat) into a file that is collected"
                )
            return None
        if not damage and spool.reached < wanted.size:
            return None  # it was larger when it was seen last
        lost = max(0, wanted.size - spool.reached)
        if damage:
            self._tell(
                f"{path}, the rest of {wanted.path}, {damage} after {spool.reached} bytes, which are read; "
                f"of the others {lost} are known of; check the disk, or unpack the rest by hand"
            )
        return Rest(spool.finish(), lost)


class _Spool:
    """The unpacked file: its first bytes, those before the offset, and those from the offset on."""

    def __init__(self, fd: int, wanted: Wanted, holds: Callable[[int], bool]) -> None:
        self.wanted = wanted
        self.reached = 0
        self.found = False
        self.begins_alike = False
        self._fd = fd
        self._holds = holds
        self._keep_from = max(0, wanted.offset - CONTEXT_BYTES)

    def write(self, piece: bytes) -> None:
        """Raises `_Foreign` as soon as it is seen that these are another file's bytes."""
        start, self.reached = self.reached, self.reached + len(piece)
        if start < HEAD_BYTES:
            _write(self._fd, piece[: HEAD_BYTES - start], start)
        if self.reached > self._keep_from:
            skip = max(0, self._keep_from - start)
            _write(self._fd, memoryview(piece)[skip:], start + skip)
        head = self.wanted.head
        if not self.begins_alike and self.reached >= head.length:
            if not head.matches(os.pread(self._fd, head.length, 0)):
                raise _Foreign
            self.begins_alike = True
        if not self.found and self.begins_alike and self.reached >= self.wanted.offset:
            if not self._holds(self._fd):
                raise _Foreign
            self.found = True

    def finish(self) -> int:
        """A descriptor of its own. The time is the lost file's, so that the next start looks as far back."""
        since = self.wanted.since_ns
        os.utime(self._fd, ns=(since, since))
        return os.dup(self._fd)


def candidates(path: str, since_ns: int) -> list[str]:
    """Archives of the family of `path` whose last write may be no older than `since_ns`, oldest first."""
    original = Path(path)
    found: list[tuple[int, str]] = []
    for sibling in map(Path, inodes_of(str(original.parent)).values()):
        if sibling.suffix not in OPENERS or stem(sibling.stem) != stem(original.name):
            continue
        try:
            written = sibling.stat().st_mtime_ns
        except OSError:
            continue  # removed while we looked
        if written >= since_ns - TIME_SLACK_NS:
            found.append((written, str(sibling)))
    return [sibling for _, sibling in sorted(found)]


def pieces(path: str, archive: BinaryIO) -> Iterator[bytes]:
    """What the archive holds, a bounded piece at a time. Raises one of `DAMAGED`."""
    return OPENERS[Path(path).suffix](archive)


def _gzip(archive: BinaryIO) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=archive) as file:
        yield from iter(lambda: file.read1(PIECE), b"")


def _bzip2(archive: BinaryIO) -> Iterator[bytes]:
    with bz2.BZ2File(archive) as file:
        yield from iter(lambda: file.read1(PIECE), b"")


def _zstd(archive: BinaryIO) -> Iterator[bytes]:
    with zstd.ZstdFile(archive, options=ZSTD_OPTIONS) as file:
        yield from iter(lambda: file.read1(PIECE), b"")


def _xz(archive: BinaryIO) -> Iterator[bytes]:
    """By hand, because the library's file has no limit on memory."""
    unpack, data = lzma.LZMADecompressor(memlimit=XZ_MEMORY), b""
    while True:
        if unpack.eof:
            data = unpack.unused_data.lstrip(b"\0") or archive.read(PIECE).lstrip(b"\0")
            if not data:
                return
            unpack = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
        elif unpack.needs_input:
            data = archive.read(PIECE)
            if not data:
                raise EOFError("it ends in the middle")
        if piece := unpack.decompress(data, PIECE):
            yield piece
        data = b""


OPENERS: Mapping[str, Callable[[BinaryIO], Iterator[bytes]]] = {
    ".gz": _gzip,
    ".bz2": _bzip2,
    ".xz": _xz,
    ".zst": _zstd,
}


def _write(fd: int, data: bytes | memoryview, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written
