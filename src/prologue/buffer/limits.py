"""When a payload is turned away at the door, and what its sender is told.

Pure: from how full the buffer is to the error. Next chapter: `prologue.buffer.disk`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prologue.buffer.settings import BufferSettings
from prologue.model.errors import BufferFull


@dataclass(frozen=True, slots=True)
class Load:
    """How full a buffer is; bytes of frames."""

    waiting_bytes: int
    disk_bytes: int
    disk_full: bool


def refusal(size: int, load: Load, settings: BufferSettings, directory: Path) -> BufferFull | None:
    """Why `size` bytes more cannot be taken now; None where they can."""
    if load.disk_full:
        return disk_full(directory)
    if load.waiting_bytes and load.waiting_bytes + size > settings.max_waiting_bytes:
        return BufferFull(
            f"{load.waiting_bytes} bytes wait for the disk (buffer.max_waiting_bytes is "
            f"{settings.max_waiting_bytes})",
            cure="slow down, or use a faster disk",
        )
    if load.disk_bytes + load.waiting_bytes + size > settings.max_bytes:
        return BufferFull(
            f"the buffer holds {load.disk_bytes} bytes that the engine has not taken yet "
            f"(buffer.max_bytes is {settings.max_bytes})",
            retry_after=5,
            cure="wait for the engine to catch up, or raise buffer.max_bytes",
        )
    return None


def disk_full(directory: Path) -> BufferFull:
    return BufferFull(
        "the disk of the buffer is full; the payload was not stored",
        retry_after=5,
        cure=f"free space for {directory}; the buffer goes on by itself",
    )
