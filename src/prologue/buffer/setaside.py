"""Whole, sound segments that the engine refuses, kept out of the way until somebody puts them back.

A segment that can never be stored must not hold up those after it, and what is in it was acknowledged:
so its file moves to `set-aside/`, durably, with the reason in a text file beside it. Nothing there is
counted against the buffer's size or deleted. `prologue replay` puts the files back, and the next start
tries them again, under the same batch ids, so that what the store has of them already is not repeated.

Next chapter: `prologue.buffer.attempts`, for a batch the process does not survive.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from prologue.buffer.filesystem import FileSystem, replace_file
from prologue.buffer.segment import SUFFIX
from prologue.model.errors import TemporaryError

FOLDER = "set-aside"
MOST = 16
"""More of them are no longer single batches: something is wrong with the engine or with us, and the ways
in must feel it."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A segment that was set aside, its size in bytes, and why."""

    path: Path
    bytes: int
    reason: str


class SetAside:
    """The folder of a buffer directory."""

    def __init__(self, filesystem: FileSystem, directory: Path) -> None:
        self._filesystem = filesystem
        self._directory = directory
        self.folder = directory / FOLDER
        self.count = len(list(self.folder.glob(f"*{SUFFIX}")))

    def keep(self, path: Path, reason: str) -> None:
        """Move a segment here, durably. Raises `OSError`, or `TemporaryError` where there are `MOST`
        already; the segment is then where it was."""
        if self.count >= MOST:
            raise TemporaryError(
                f"{MOST} batches are set aside in {self.folder} already",
                cure="mend what the log says of them, then `prologue replay`",
            )
        self.folder.mkdir(exist_ok=True)
        try:
            replace_file(self._filesystem, self._reason_of(path), [f"{reason}\n".encode()])
        except OSError as error:
            # On a full disk the segment can still be moved, and its reason is in the log.
            logger.warning("cannot write why %s is set aside: %s", path.name, error.strerror)
        self._filesystem.rename(path, self.folder / path.name)
        try:
            self._filesystem.sync_directory(self.folder)
            self._filesystem.sync_directory(self._directory)
        except OSError:
            self._filesystem.rename(self.folder / path.name, path)
            raise
        self.count += 1

    def kept(self) -> list[Kept]:
        """What is here, oldest first."""
        return [
            Kept(path, path.stat().st_size, self._read_reason(path))
            for path in sorted(self.folder.glob(f"*{SUFFIX}"))
        ]

    def put_back(self) -> int:
        """Move every segment back to the buffer, to be tried at its next start; how many there were.

        Only while no process uses the buffer. Raises `OSError`.
        """
        found = self.kept()
        for kept in found:
            self._filesystem.rename(kept.path, self._directory / kept.path.name)
            self._filesystem.unlink(self._reason_of(kept.path))
        if found:
            self._filesystem.sync_directory(self._directory)
            self._filesystem.sync_directory(self.folder)
        self.count = 0
        return len(found)

    def _reason_of(self, path: Path) -> Path:
        return self.folder / f"{path.stem}.reason"

    def _read_reason(self, path: Path) -> str:
        try:
            return self._filesystem.read(self._reason_of(path)).decode("utf-8", "replace").strip()
        except OSError:
            return "unknown: the file that said why is not there"
