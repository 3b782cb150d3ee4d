"""One process, one buffer directory: an advisory lock that dies with its holder.

flock(2) is released by the kernel when the process ends, however it ends, so no stale lock is left to
clean up. Next chapter: `prologue.buffer.disk`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from prologue.model.errors import ConfigError

FILE_NAME = "lock"


class DirectoryLock:
    """Held from construction to `release`. Raises `ConfigError` where another process holds it."""

    def __init__(self, directory: Path) -> None:
        self._fd = os.open(directory / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise ConfigError(
                f"the directory {directory} is in use by process {holder}",
                key="data_dir",
                cure="stop that process, or give this one its own directory with --data-dir",
            ) from None
        # The number only makes the other process's error helpful; a full disk must not stop a start.
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._fd)
