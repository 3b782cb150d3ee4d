"""Keeping a full disk from becoming a dead end.

Freeing a segment can need a little space first, for the positions file. `Reserve` is a file of
assigned blocks that is given up in that moment and made again when there is room. `has_room` asks
the disk for the bytes that did not fit, the only question whose answer counts: quotas, reserved
blocks and other processes make free-space numbers a guess.

Next chapter: `prologue.buffer.disk`.
"""

from __future__ import annotations

from pathlib import Path

from prologue.buffer.filesystem import NO_SPACE, FileSystem

FILE_NAME = "reserve"
PROBE_NAME = "probe.tmp"


class Reserve:
    """`size` bytes held back in the buffer's directory; 0 holds nothing back."""

    def __init__(self, filesystem: FileSystem, directory: Path, size: int) -> None:
        self._filesystem = filesystem
        self._directory = directory
        self._size = size

    def refill(self) -> None:
        """Hold the bytes back again if they are not. Raises `OSError` where there is no room."""
        path = self._directory / FILE_NAME
        if self._size and not path.exists():
            self._allocate(path, self._size)

    def give_up(self) -> None:
        """Free the bytes. Raises `OSError`."""
        self._filesystem.unlink(self._directory / FILE_NAME)

    def has_room(self, wanted: int) -> bool:
        """Whether the reserve is whole and `wanted` bytes more would fit. Raises `OSError` for any
        trouble but a full disk."""
        try:
            self.refill()
            path = self._directory / PROBE_NAME
            self._filesystem.unlink(path)
            self._allocate(path, wanted)
            self._filesystem.unlink(path)
        except OSError as error:
            if error.errno not in NO_SPACE:
                raise
            return False
        return True

    def _allocate(self, path: Path, size: int) -> None:
        fd = self._filesystem.create(path)
        try:
            self._filesystem.allocate(fd, size)
        except OSError:
            self._filesystem.unlink(path)
            raise
        finally:
            self._filesystem.close(fd)
