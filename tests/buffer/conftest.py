"""What the buffer's tests share: payloads, a file system that fails on demand, a clock that is set."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prologue.buffer.disk import DiskBuffer, Surroundings
from prologue.buffer.filesystem import FileSystem
from prologue.buffer.settings import BufferSettings
from prologue.model.payload import Payload, PayloadFormat, SourcePosition


class FaultyFileSystem(FileSystem):
    """The real file system, until a test says which call fails with which error.

    `fail[name] = [ENOSPC, 0, EIO]` answers the next three calls of `name`; a number that is not in a
    list fails every call until it is removed. `capacity` is how many bytes may be written in all.
    """

    def __init__(self) -> None:
        self.fail: dict[str, int | list[int]] = {}
        self.capacity: int | None = None
        self.before: Callable[[str], None] = lambda name: None
        self.calls: list[str] = []

    def _check(self, name: str) -> None:
        self.calls.append(name)
        self.before(name)
        rule = self.fail.get(name, 0)
        code = (rule.pop(0) if rule else 0) if isinstance(rule, list) else rule
        if code:
            raise OSError(code, f"injected {errno.errorcode[code]}")

    def write(self, fd: int, buffers: Any, offset: int) -> int:
        self._check("write")
        if self.capacity is None:
            return super().write(fd, buffers, offset)
        if self.capacity == 0:
            raise OSError(errno.ENOSPC, "injected ENOSPC")
        joined = b"".join(buffers)[: self.capacity]
        written = super().write(fd, [joined], offset)
        self.capacity -= written
        return written

    def allocate(self, fd: int, length: int) -> None:
        self._check("allocate")
        if self.capacity is not None and self.capacity < length:
            raise OSError(errno.ENOSPC, "injected ENOSPC")
        super().allocate(fd, length)


def _wrap(name: str) -> Callable[..., Any]:
    def method(self: FaultyFileSystem, *arguments: Any) -> Any:
        self._check(name)
        return getattr(super(FaultyFileSystem, self), name)(*arguments)

    return method


for _name in ("create", "open_for_update", "sync", "truncate", "close", "read", "rename", "unlink"):
    setattr(FaultyFileSystem, _name, _wrap(_name))
FaultyFileSystem.sync_directory = _wrap("sync_directory")  # type: ignore[method-assign]  # built like the rest


class SetClock:
    """A clock that stands still until a test moves it; seconds and Unix nanoseconds agree."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def monotonic(self) -> float:
        return self.seconds

    def unix_ns(self) -> int:
        return int(self.seconds * 1e9)


def make_payload(
    data: bytes | memoryview = b"line\n",
    source: str | None = None,
    start: int = 0,
    received_ns: int = 1_700_000_000_000_000_000,
) -> Payload:
    position = SourcePosition(source, start, start + len(data)) if source is not None else None
    return Payload(
        "acme",
        PayloadFormat.LINES,
        data,
        received_ns,
        {"service_name": "cart", "pod": "cart-1"},
        {"framing": "cri"},
        position,
    )


@pytest.fixture
def payload() -> Callable[..., Payload]:
    return make_payload


@pytest.fixture
def faulty() -> FaultyFileSystem:
    return FaultyFileSystem()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def open_buffer(tmp_path: Path) -> Iterator[Callable[..., DiskBuffer]]:
    """Opens buffers in one directory; small by default, and never sealing by age unless told to."""
    opened: list[DiskBuffer] = []

    def open_one(
        filesystem: FileSystem | None = None, clock: SetClock | None = None, above: int = 0, **settings: Any
    ) -> DiskBuffer:
        chosen = {"seal_after": 3600.0, "reserve_bytes": 4096, "segment_bytes": 65536, **settings}
        world: dict[str, Any] = {"filesystem": filesystem or FileSystem()}
        if clock is not None:
            world |= {"monotonic": clock.monotonic, "unix_ns": clock.unix_ns}
        opened.append(
            DiskBuffer(tmp_path / "buffer", BufferSettings(**chosen), Surroundings(**world), above=above)
        )
        return opened[-1]

    yield open_one
    for buffer in opened:
        buffer.close()


@pytest.fixture
def drain() -> Callable[[DiskBuffer], list[Payload]]:
    """All payloads a buffer holds, in order; every segment is released."""

    def drain_one(buffer: DiskBuffer) -> list[Payload]:
        buffer.flush(30)
        found = []
        while (segment := buffer.take(0)) is not None:
            found += segment.payloads()
            buffer.release(segment)
        return found

    return drain_one
