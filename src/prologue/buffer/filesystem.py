"""Every system call of the buffer in one object, so that a test can make each of them fail.

Nothing here decides anything. What the calls promise: POSIX, and for durability the kernel's
documentation of fsync(2): data by `fdatasync` on the file, a name by `fsync` on its directory.
Errors are `OSError`, as the kernel gave them; the callers know what each of them means.

Next chapter: `prologue.buffer.frame`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

Bytes = bytes | memoryview

MAX_BUFFERS = 1024
"""IOV_MAX on Linux: the most buffers one vectored write takes."""

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
"""The errors that mean: the disk, or this user's share of it, is full."""


class FileSystem:
    """The real thing. Subclass it to inject failures."""

    def create(self, path: Path) -> int:
        """A descriptor of a new file, open for writing; `FileExistsError` where there is one."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)

    def open_for_update(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CLOEXEC)

    def write(self, fd: int, buffers: Sequence[Bytes], offset: int) -> int:
        """Write at most `MAX_BUFFERS` buffers at `offset`; answers how many bytes were taken."""
        return os.pwritev(fd, buffers, offset)

    def sync(self, fd: int) -> None:
        os.fdatasync(fd)

    def truncate(self, fd: int, length: int) -> None:
        os.ftruncate(fd, length)

    def allocate(self, fd: int, length: int) -> None:
        """Make the disk promise `length` bytes to the file; ENOSPC where it cannot."""
        os.posix_fallocate(fd, 0, length)

    def close(self, fd: int) -> None:
        os.close(fd)

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def rename(self, source: Path, target: Path) -> None:
        source.replace(target)

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def sync_directory(self, path: Path) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def write_all(filesystem: FileSystem, fd: int, buffers: Sequence[Bytes], offset: int) -> int:
    """Write every buffer from `offset` on, however often the kernel takes only a part.

    Answers the offset after the last byte. Raises `OSError`; what was written before it stays in
    the file and is the caller's to cut off.
    """
    pending = [buffer for buffer in buffers if len(buffer)]
    start = 0
    while start < len(pending):
        written = filesystem.write(fd, pending[start : start + MAX_BUFFERS], offset)
        if written <= 0:
            raise OSError(errno.EIO, "the kernel took no byte of a write")
        offset += written
        while start < len(pending) and written >= len(pending[start]):
            written -= len(pending[start])
            start += 1
        if written:
            pending[start] = memoryview(pending[start])[written:]
    return offset


def replace_file(filesystem: FileSystem, path: Path, content: Sequence[Bytes]) -> None:
    """Give `path` new content, durably and as a whole: temporary file, sync, rename, sync of the name.

    Raises `OSError`, with the old content in place and the temporary file removed.
    """
    temporary = path.with_name(path.name + ".tmp")
    filesystem.unlink(temporary)
    fd = filesystem.create(temporary)
    try:
        try:
            write_all(filesystem, fd, content, 0)
            filesystem.sync(fd)
        finally:
            filesystem.close(fd)
        filesystem.rename(temporary, path)
    except OSError:
        filesystem.unlink(temporary)
        raise
    filesystem.sync_directory(path.parent)


def make_directory(filesystem: FileSystem, directory: Path) -> None:
    """Create the directory and its parents, durably: what is synced inside a directory whose own name
    is not can still vanish with it. Raises `OSError`."""
    absolute = directory.absolute()
    missing = [path for path in (absolute, *absolute.parents) if not path.exists()]
    absolute.mkdir(parents=True, exist_ok=True)
    for path in missing:
        filesystem.sync_directory(path.parent)
