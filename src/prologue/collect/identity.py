"""Which file is this? A path names a place, an inode is used again, equal headers are common.

A file is known by device and inode while we run, and across restarts by two fingerprints as well:
the *head*, its first bytes, and the *context*, the bytes just before the offset we stand at. The
context is what notices a file that was truncated and grew past our offset before we looked: every
read begins a little before the offset and must find there what was read last time. Two files with
equal headers differ in it; a reused inode differs in one or the other.

An *incarnation* is one content under one name in the sink (`SourcePosition.source`): a truncated or
replaced file is a new one. Its name carries a random token, so that no two files ever share one. No byte of
one is sent before the checkpoint holds its head, so that after a kill it is found again, in a copy too.

Next chapter: `prologue.collect.checkpoint`, which remembers identities across restarts.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass

HEAD_BYTES = 1024
CONTEXT_BYTES = 256
HOLE_BLOCK = 65_536  # the largest page size in use: a hole ends within one block of the data

FileKey = tuple[int, int]
"""(device, inode)"""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The hash of `length` bytes; of none, where `length` is 0."""

    length: int
    digest: str

    def matches(self, data: bytes) -> bool:
        return len(data) == self.length and digest(data) == self.digest


def digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()


def fingerprint(data: bytes) -> Fingerprint:
    return Fingerprint(len(data), digest(data))


def context_before(fd: int, offset: int) -> bytes:
    """The bytes just before `offset`, at most CONTEXT_BYTES."""
    length = min(CONTEXT_BYTES, offset)
    return os.pread(fd, length, offset - length)


def is_same_content(fd: int, offset: int, head: Fingerprint, context: Fingerprint) -> bool:
    """Whether the open file still holds what was read of it up to `offset`."""
    return (
        os.fstat(fd).st_size >= offset
        and head.matches(os.pread(fd, head.length, 0))
        and context.matches(os.pread(fd, context.length, offset - context.length))
    )


def new_source(key: FileKey) -> str:
    """A name for a new incarnation. The token keeps a reused inode from inheriting a position."""
    device, inode = key
    return f"file:{device:x}:{inode:x}:{new_token()}"


def new_token() -> str:
    return secrets.token_hex(6)


def open_regular(path: str) -> int:
    """A descriptor of a regular file. Raises OSError; `IsADirectoryError` for anything not regular.

    O_NONBLOCK keeps a FIFO that stands where a log is expected from blocking everybody.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise IsADirectoryError(errno.EISDIR, "not a regular file", path)
    return fd


def key_of(fd: int) -> FileKey:
    status = os.fstat(fd)
    return status.st_dev, status.st_ino


def start_of_data(fd: int, offset: int) -> int:
    """The first byte from `offset` on that was ever written: past a hole and its last block's zeros.

    A writer without O_APPEND goes on at its old offset after a truncation and leaves a hole.
    """
    if os.pread(fd, 1, offset) != b"\0":
        return offset
    try:
        offset = os.lseek(fd, offset, os.SEEK_DATA)
    except OSError:  # ENXIO: nothing but hole; EINVAL: the file system cannot tell
        return offset
    block = os.pread(fd, HOLE_BLOCK, offset)
    return offset + len(block) - len(block.lstrip(b"\0"))
