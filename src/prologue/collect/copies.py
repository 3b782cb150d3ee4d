"""Rotation by copying: logrotate's `copytruncate` and `copy`.

The copy is another inode with the same bytes, so it must not be read as a new file; and when the
original is truncated before we had read all of it, the rest is in the copy and is read there.

A file counts as a copy only if everything speaks for it: it lies in the same folder, its name is the
original's with a rotation suffix, and its bytes are the original's at the head and at its own end.
Equal headers alone prove nothing.

Next chapter: `prologue.collect.tailer`, the loop over all files.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from prologue.collect.file import TailedFile
from prologue.collect.identity import CONTEXT_BYTES, HEAD_BYTES, open_regular
from prologue.collect.plain import stem

COMPRESSED = (".gz", ".xz", ".bz2", ".zst", ".lz4", ".zip")


def is_rotation_name(name: str, original: str) -> bool:
    """Whether rotation may have made `name` from `original`.

    >>> [is_rotation_name(n, "app.log") for n in ("app.log.1", "app-20261123.log", "app.1.log", "b.log")]
    [True, True, True, False]
    >>> is_rotation_name("app.log", "app.log.1")
    False
    """
    return len(name) > len(original) and stem(name) == stem(original)


def family(path: str) -> tuple[str, str]:
    """Folder and stem: rotation never leaves it."""
    folder, name = os.path.split(path)
    return folder, stem(name)


def is_copy(path: str, fd: int, original: TailedFile) -> bool:
    """Whether the open file is a copy, complete or still growing, of one of its family being read.

    An empty file with a rotation's name is taken for the beginning of one.
    """
    if len(path) <= len(original.path):  # rotation adds to a name
        return False
    if original.is_held_by(fd):  # the original may be truncated by now, and we not have looked yet
        return True
    size = os.fstat(fd).st_size
    if size > os.fstat(original.fd).st_size:
        return False
    end = max(0, size - CONTEXT_BYTES)
    return all(
        os.pread(fd, length, at) == os.pread(original.fd, length, at)
        for length, at in ((min(HEAD_BYTES, size), 0), (size - end, end))
    )


def find(path: str, holds: Callable[[int], bool]) -> int | None:
    """An open descriptor of the copy that rotation made of `path`, for the caller to close.

    `holds` says of an open file whether it is the one. The descriptor, not a path, is the answer:
    the next thing rotation does is to compress and remove it.
    """
    folder, name = os.path.split(path)
    for sibling in sorted(inodes_of(folder).values()):
        base = Path(sibling).name
        if is_rotation_name(base, name) and not base.endswith(COMPRESSED):
            fd = _open_if(sibling, holds)
            if fd is not None:
                return fd
    return None


def newer_rotations(path: str, since_ns: int) -> list[tuple[int, str]]:
    """Rotations of `path` last written at or after `since_ns`: inode and path, oldest first."""
    folder, name = os.path.split(path)
    found: list[tuple[int, int, str]] = []
    for inode, sibling in inodes_of(folder).items():
        base = Path(sibling).name
        if base.startswith(name) and is_rotation_name(base, name) and not base.endswith(COMPRESSED):
            try:
                written = Path(sibling).stat().st_mtime_ns
            except OSError:
                continue  # compressed or removed while we looked
            if written >= since_ns:  # a file system's clock ticks only every few milliseconds
                found.append((written, inode, sibling))
    return [(inode, sibling) for _, inode, sibling in sorted(found)]


def inodes_of(folder: str) -> dict[int, str]:
    """Every regular file of a folder, by inode."""
    try:
        with os.scandir(folder) as entries:
            return {e.inode(): e.path for e in entries if e.is_file(follow_symlinks=False)}
    except OSError:
        return {}  # the folder is gone, and with it what it held


def _open_if(path: str, holds: Callable[[int], bool]) -> int | None:
    try:
        fd = open_regular(path)
    except OSError:
        return None
    if holds(fd):
        return fd
    os.close(fd)
    return None
