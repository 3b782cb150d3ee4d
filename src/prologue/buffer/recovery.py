"""What a buffer does before anything else: find out what is durable, after whatever ended it.

Every segment is read and checked completely, so that what recovery calls good is good, and so that
the position of a source stops before its first damaged payload if nothing came after it. All
recovered segments are sealed: nothing is appended to a file of an earlier process.

No state of the directory stops it, except one that cannot be read or written at all: damaged frames,
damaged state files and unreadable segments are set aside, loudly, and the rest goes on.

Next chapter: `prologue.buffer.disk`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from prologue.buffer.filesystem import FileSystem
from prologue.buffer.positions import FILE_NAME as POSITIONS_FILE
from prologue.buffer.positions import Positions
from prologue.buffer.quarantine import Quarantine
from prologue.buffer.scan import Scan, scan
from prologue.buffer.segment import MAX_SEQUENCE, SUFFIX, DiskSegment, batch_id, segment_path
from prologue.buffer.sequence import FILE_NAME as SEQUENCE_FILE
from prologue.buffer.sequence import Sequence
from prologue.buffer.statefile import StateDamaged

logger = logging.getLogger(__name__)

_WORTH_TELLING = 128 << 20  # bytes: below it the check takes no time that anybody notices


@dataclass(slots=True)
class Recovered:
    """What an earlier process left, oldest segment first."""

    positions: Positions
    sequence: Sequence
    quarantine: Quarantine
    segments: list[DiskSegment] = field(default_factory=list)
    torn_bytes: int = 0

    @property
    def newest(self) -> tuple[int, int]:
        """Sequence and length in bytes of the newest segment; both 0 where there is none."""
        return (self.segments[-1].sequence, self.segments[-1].bytes) if self.segments else (0, 0)


class Recovery:
    """Reads a directory once; what it was given is brought up to date on the way."""

    def __init__(self, filesystem: FileSystem, directory: Path, result: Recovered) -> None:
        self._filesystem = filesystem
        self._directory = directory
        self._result = result

    def run(self) -> None:
        """Raises `OSError` where the directory cannot be used at all."""
        result = self._result
        self._clear_leftovers()
        self._load(POSITIONS_FILE, lambda: result.positions.load(self._filesystem, self._directory))
        self._load(SEQUENCE_FILE, result.sequence.load)
        known = sorted(path for path in self._directory.glob(f"*{SUFFIX}") if self._is_ours(path))
        for path in known:
            result.sequence.used(int(path.stem))
        if (size := sum(path.stat().st_size for path in known)) > _WORTH_TELLING:
            logger.info("checking %d segments, %d MiB, that an earlier process left", len(known), size >> 20)
        acknowledged: dict[int, int] = {}
        # Newest first, because each segment's header vouches for the length of the one before it.
        for path in reversed(known):
            self._recover(path, acknowledged)
        result.segments.reverse()

    def _is_ours(self, path: Path) -> bool:
        ours = path.stem.isdecimal() and path == segment_path(self._directory, int(path.stem))
        if not ours or int(path.stem) > MAX_SEQUENCE:
            logger.warning("%s is no segment of this buffer: left alone", path)
            return False
        return True

    def _clear_leftovers(self) -> None:
        for path in self._directory.glob("*.tmp"):
            self._filesystem.unlink(path)

    def _load(self, name: str, load: Callable[[], None]) -> None:
        path = self._directory / name
        try:
            load()
        except StateDamaged as error:
            self._result.quarantine.move(path, f"a state file is damaged: {error}", path.stat().st_size)

    def _recover(self, path: Path, acknowledged: dict[int, int]) -> None:
        result = self._result
        try:
            content = self._filesystem.read(path)
        except OSError as error:
            self._result.quarantine.move(path, f"it cannot be read: {error.strerror}", path.stat().st_size)
            return
        found = scan(content, acknowledged.get(int(path.stem)))
        if found.header is not None:
            acknowledged[found.header.previous_sequence] = found.header.previous_bytes
        self._result.quarantine.report(path, content, found.damages)
        if len(content) > found.length:
            result.torn_bytes += len(content) - found.length
            self._cut(path, found.length, len(content))
        if found.frames:
            result.segments.append(self._segment(path, found))
        else:
            self._result.quarantine.remove(path)

    def _cut(self, path: Path, length: int, size: int) -> None:
        logger.info(
            "cut %d bytes from the end of %s: a crash interrupted their write, and they were never "
            "acknowledged",
            size - length,
            path.name,
        )
        try:
            fd = self._filesystem.open_for_update(path)
            try:
                self._filesystem.truncate(fd, length)
                self._filesystem.sync(fd)
            finally:
                self._filesystem.close(fd)
        except OSError as error:
            # Only tidiness: every reader goes by the length found, not by the file's.
            logger.warning("cannot shorten %s: %s", path.name, error.strerror)

    def _segment(self, path: Path, found: Scan) -> DiskSegment:
        held = [frame.payload.position for frame in found.frames if frame.payload.position]
        self._result.positions.advance(held)
        return DiskSegment(
            sequence=int(path.stem),
            batch_id=batch_id(int(path.stem), found.marker),
            path=path,
            received_ns=found.frames[0].payload.received_ns,
            positions_version=self._result.positions.version if held else 0,
            filesystem=self._filesystem,
            quarantine=self._result.quarantine,
            bytes=found.length,
        )
