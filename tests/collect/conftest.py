"""A sink that remembers everything, a machine made of a temporary folder, and waiting without sleeping."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from prologue.collect.collector import Collector
from prologue.collect.settings import CollectSettings
from prologue.collect.status import SourceStatus
from prologue.model.errors import PositionConflict
from prologue.model.payload import Payload, Receipt

DEADLINE_S = 30.0


def wait_until(condition: Callable[[], object], what: str = "") -> None:
    """Wait for something to become true in other threads or processes; fail loudly if it never does."""
    deadline = time.monotonic() + DEADLINE_S
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"never became true: {what or condition}"
        pause.wait(0.01)


class MemorySink:
    """A sink that holds every payload, with the positions of the contract, and fails when told to.

    `on_append` sees each payload first and may raise, or answer an error for the future to fail with.
    """

    def __init__(self) -> None:
        self.payloads: list[Payload] = []
        self.positions: dict[str, int] = {}
        self.on_append: Callable[[Payload], BaseException | None] = lambda _payload: None
        self.held: list[tuple[Future[Receipt], Payload]] = []
        self.hold = False
        self.converted = False  # files of another encoding: positions count their bytes, not what arrives
        self._lock = threading.Lock()

    def append(self, payload: Payload) -> Future[Receipt]:
        failure = self.on_append(payload)
        future: Future[Receipt] = Future()
        if failure is not None:
            future.set_exception(failure)
            return future
        if self.hold:
            self.held.append((future, payload))
            return future
        self._store(payload)
        future.set_result(Receipt(0))
        return future

    def release(self) -> None:
        self.hold = False
        held, self.held = self.held, []
        for future, payload in held:
            self._store(payload)
            future.set_result(Receipt(0))

    def _store(self, payload: Payload) -> None:
        position = payload.position
        assert position is not None
        assert position.end - position.start == len(payload.data) or self.converted
        with self._lock:
            held = self.positions.get(position.source)
            if held is not None and position.end <= held:
                return
            if held is not None and position.start != held:
                raise PositionConflict("a gap", source=position.source, resume_at=held)
            self.positions[position.source] = position.end
            self.payloads.append(payload)

    def durable_position(self, source: str) -> int:
        return self.positions.get(source, 0)

    def bytes_of(self, name: str | None = None) -> bytes:
        """Everything received, of the file whose path ends with `name`, in order of arrival."""
        chosen = [p for p in list(self.payloads) if name is None or p.labels["filename"].endswith(name)]
        return b"".join(bytes(p.data) for p in chosen)

    def lines(self, name: str | None = None) -> list[bytes]:
        return self.bytes_of(name).splitlines(keepends=True)


@dataclass
class Machine:
    """A fake root with its collector."""

    root: Path
    sink: MemorySink = field(default_factory=MemorySink)
    collector: Collector | None = None
    defaults: dict[str, Any] = field(default_factory=dict)

    @property
    def logs(self) -> Path:
        return self.root / "var/log"

    def log(self, name: str, data: bytes = b"") -> Path:
        path = self.logs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def start(self, **changes: Any) -> Collector:
        quick: dict[str, Any] = {"rescan_s": 0.2, "tick_s": 0.02, "quiet_after_s": 0.1, "poll_s": 0.05}
        quick |= {
            "checkpoint_s": 0.05,
            "backoff_min_s": 0.01,
            "host": "h1",
            "time_zone": "UTC",
            "journal": False,
        }
        settings = CollectSettings(root=self.root, **(quick | self.defaults | changes))
        self.collector = Collector(self.sink, self.root / "data", settings)
        self.collector.start()
        return self.collector

    def stop(self) -> None:
        if self.collector is not None:
            collector, self.collector = self.collector, None
            assert collector.stop(10.0)
            assert not [problem for problem in collector.problems() if "defect" in problem]

    def crash(self) -> None:
        """Stop without a last word: what the collector would do at its end is undone."""
        path = self.root / "data/collect.json"
        before = path.read_bytes()
        self.stop()
        path.write_bytes(before)

    def status(self, name: str) -> SourceStatus:
        assert self.collector is not None
        found = [s for s in self.collector.status() if s.name.endswith(name)]
        assert len(found) == 1, found
        return found[0]

    def expect(self, data: bytes, name: str | None = None) -> None:
        """Exactly these bytes arrive, and no more after them."""
        wait_until(lambda: len(self.sink.bytes_of(name)) >= len(data), f"{len(data)} bytes of {name}")
        assert self.sink.bytes_of(name) == data


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    (tmp_path / "var/log").mkdir(parents=True)
    machine = Machine(tmp_path)
    yield machine
    machine.stop()


@pytest.fixture
def eventually() -> Callable[..., None]:
    return wait_until
