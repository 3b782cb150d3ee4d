"""What can be configured of the disk buffer, and what it tells about itself.

Defaults favour durability and low latency on one machine; each field says its unit. Next chapter:
`prologue.buffer.frame`, the bytes on disk.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.model.errors import ConfigError

MIB = 1 << 20
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class BufferSettings:
    """Limits and times of a `DiskBuffer`. Raises `ConfigError` naming the key of a wrong value."""

    max_bytes: int = 4096 * MIB
    """Bytes of segments on disk, with what waits for the disk; beyond it appends are refused."""
    segment_bytes: int = 32 * MIB
    """Bytes at which a segment is sealed. One payload may make a segment larger, never two."""
    seal_after: float = 0.25
    """Seconds after its first payload at which a segment is sealed, if the consumer keeps up."""
    max_waiting_bytes: int = 64 * MIB
    """Bytes of payloads in memory that wait for their commit; beyond it appends are refused."""
    forget_sources_after: float = 30 * DAY
    """Seconds after which a source that nobody wrote to or asked about loses its position."""
    probe_interval: float = 1.0
    """Seconds between two tries to find space again after the disk was full."""
    reserve_bytes: int = 4 * MIB
    """Bytes held back on disk so that positions can be saved, and segments freed, on a full disk."""

    def __post_init__(self) -> None:
        for name in ("max_bytes", "segment_bytes", "max_waiting_bytes"):
            self._require(name, getattr(self, name) >= 4096, "at least 4096 bytes")
        for name in ("forget_sources_after", "probe_interval"):
            self._require(name, getattr(self, name) > 0, "more than 0 seconds")
        self._require("seal_after", self.seal_after >= 0, "0 seconds or more")
        self._require("reserve_bytes", self.reserve_bytes >= 0, "0 bytes or more")
        self._require("max_bytes", self.max_bytes >= self.segment_bytes, "at least segment_bytes")

    def _require(self, name: str, holds: bool, wanted: str) -> None:
        if not holds:
            raise ConfigError(
                f"buffer.{name} is {getattr(self, name)}, but must be {wanted}",
                key=f"buffer.{name}",
                cure=f"set buffer.{name} to {wanted}",
            )


@dataclass(frozen=True, slots=True)
class Backlog:
    """Segments that are not released, and their bytes."""

    segments: int
    bytes: int


@dataclass(frozen=True, slots=True)
class BufferStats:
    """A snapshot of a buffer. Counters start at 0 with the process and only grow."""

    bytes: int  # of segments on disk, not released yet
    segments: int  # not released yet, the open one included
    waiting: int  # payloads in memory, not durable yet
    waiting_bytes: int
    oldest_age: float  # seconds since the oldest unreleased payload was received; 0 where there is none
    sources: int  # whose position is held
    disk_full: bool  # appends are refused until space is found
    appended_payloads: int  # acknowledged after being stored
    appended_bytes: int
    duplicate_payloads: int  # acknowledged without being stored: their source's position covers them
    refused_payloads: int  # at the door: full, closing or stopped
    failed_payloads: int  # accepted, then not made durable; their senders were told
    fsyncs: int
    quarantined_frames: int  # damaged on disk and set aside
    quarantined_bytes: int
    set_aside_segments: int  # sound, refused by the engine, and kept until they are put back
    torn_bytes: int  # cut from the end at recovery: never acknowledged
