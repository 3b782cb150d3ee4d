"""What is done about damage: the bytes are set aside, counted, told, and never handed out.

Each damaged stretch is copied to `quarantine/<segment>-<offset>.damaged`, raw, for whoever wants to
look; a segment nothing can be read of is moved there whole. Where the copy cannot be made (a full
disk), the segment itself is kept instead when it is released. Nothing in the folder is ever read,
counted against the buffer's size, or deleted by Prologue.

Next chapter: `prologue.buffer.recovery`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from prologue.buffer.filesystem import FileSystem, replace_file
from prologue.buffer.scan import Damage

FOLDER = "quarantine"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One damaged stretch, as told to the callback."""

    segment: str
    damage: Damage
    kept_in: Path


class Quarantine:
    """Thread-safe. Tells of each stretch once in the life of the process, however often it is read."""

    def __init__(
        self,
        filesystem: FileSystem,
        directory: Path,
        on_damage: Callable[[Quarantined], None] | None = None,
    ) -> None:
        self._filesystem = filesystem
        self._folder = directory / FOLDER
        self._on_damage = on_damage
        self._lock = threading.Lock()
        self._known: set[tuple[str, int]] = set()
        self._unsaved: set[str] = set()
        self.frames = 0
        self.bytes = 0

    def knows(self, path: Path) -> bool:
        """Whether damage of this segment was reported."""
        with self._lock:
            return any(name == path.name for name, _ in self._known)

    def report(self, path: Path, content: bytes, damages: Sequence[Damage]) -> None:
        """Set damaged stretches of a segment aside."""
        for damage in damages:
            with self._lock:
                if (path.name, damage.start) in self._known:
                    continue
                self._known.add((path.name, damage.start))
            target = self._folder / f"{path.stem}-{damage.start:010d}.damaged"
            try:
                self._folder.mkdir(exist_ok=True)
                replace_file(self._filesystem, target, [content[damage.start : damage.end]])
            except OSError as error:
                logger.error(
                    "cannot copy damaged bytes to %s (%s): the segment is kept", target, error.strerror
                )
                self._unsaved.add(path.name)
                target = self._folder / path.name
            self._tell(Quarantined(path.name, damage, target))

    def move(self, path: Path, reason: str, size: int) -> None:
        """Set a whole file aside. Raises `OSError`."""
        self._folder.mkdir(exist_ok=True)
        target = self._folder / path.name
        self._filesystem.rename(path, target)
        self._filesystem.sync_directory(self._folder)
        self._filesystem.sync_directory(path.parent)
        with self._lock:
            self._known.add((path.name, 0))
        self._tell(Quarantined(path.name, Damage(0, size, 1, reason), target))

    def remove(self, path: Path) -> None:
        """Delete a released segment, or keep it here if damage in it could not be copied. Raises
        `OSError`."""
        if path.name in self._unsaved:
            if path.exists():  # not where an earlier try got so far and failed after it
                self._folder.mkdir(exist_ok=True)
                self._filesystem.rename(path, self._folder / path.name)
            self._filesystem.sync_directory(self._folder)
        else:
            self._filesystem.unlink(path)
        self._filesystem.sync_directory(path.parent)

    def _tell(self, found: Quarantined) -> None:
        with self._lock:
            self.frames += found.damage.frames
            self.bytes += found.damage.end - found.damage.start
        logger.error(
            "buffer segment %s is damaged from byte %d to %d, about %d payloads (%s); set aside in %s",
            found.segment,
            found.damage.start,
            found.damage.end,
            found.damage.frames,
            found.damage.reason,
            found.kept_in,
        )
        if self._on_damage is not None:
            self._on_damage(found)
