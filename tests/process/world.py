"""A server on two small disks of its own, with a clock that can jump and system calls that can fail.

Disks are tmpfs mounts, one for the data directory and one for the engine inside it, so each can be full
alone. The clock is libfaketime's, the failing calls are strace's: the server runs as it is shipped.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from prologue.client import connect
from prologue.model.errors import PrologueError
from prologue.store.room import free_bytes
from tests.process.ways_in import Fluent, Grpc, Http, WayIn
from tests.support.disks import small_disk
from tests.support.ports import free_port
from tests.support.server import ServerProcess, wait_until

DISK_MIB = 64
_SLOWLY_FROM = 32 << 20


class World:
    """What faults act upon. `open` it first; `close` gives the mounts back."""

    def __init__(self, folder: Path, engine_mib: int, **environment: str) -> None:
        self.folder = folder
        self._environment = environment
        self._engine_mib = engine_mib
        self.data = folder / "data"
        self.engine = self.data / "engine"
        self.log = folder / "root/var/log/oracle/app.log"
        self._clock = folder / "clock"
        self._disks = contextlib.ExitStack()
        self._grpc, self._fluent = free_port(), free_port()
        self.server: ServerProcess

    def open(self) -> World:
        self.log.parent.mkdir(parents=True)
        self._clock.write_text("+0")
        self._disks.enter_context(small_disk(self.data, DISK_MIB))
        self._disks.enter_context(small_disk(self.engine, self._engine_mib))
        self.server = ServerProcess(
            self.data,
            PROLOGUE_BUFFER__SEAL_AFTER="150ms",
            PROLOGUE_STORE__RETENTION_DAYS="0",
            PROLOGUE_STORE__MIN_FREE="16MiB",
            PROLOGUE_GRPC__LISTEN=f"127.0.0.1:{self._grpc}",
            PROLOGUE_FLUENT__LISTEN=f"127.0.0.1:{self._fluent}",
            PROLOGUE_COLLECT__ENABLED="true",
            PROLOGUE_COLLECT__ROOT=str(self.folder / "root"),
            LD_PRELOAD=_libfaketime(),
            FAKETIME_TIMESTAMP_FILE=str(self._clock),
            FAKETIME_CACHE_DURATION="1",
            FAKETIME_DONT_FAKE_MONOTONIC="1",
            **self._environment,
        ).start()
        return self

    def close(self) -> None:
        with contextlib.suppress(AttributeError, ProcessLookupError):
            self.server.kill()
        self._disks.close()

    @property
    def ways(self) -> list[Callable[[], WayIn]]:
        """Connections to open for pushing; half of them are HTTP's, which has eight forms."""
        return [
            lambda: Http(self.server.url),
            lambda: Http(self.server.url),
            lambda: Grpc(self._grpc),
            lambda: Fluent(self._fluent),
        ]

    def jump(self, offset: str) -> None:
        """Move the server's clock: `+3d`, `-1h`, as faketime(1) writes it. It looks once a second."""
        self._clock.with_suffix(".new").write_text(offset)
        self._clock.with_suffix(".new").replace(self._clock)

    @contextlib.contextmanager
    def full(self, disk: Path) -> Iterator[Callable[[], None]]:
        """Another program fills a disk to the last block, the end of it at 50 MB/s; it comes again for
        what was freed when it is called."""
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file:

            def fill() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * 65536)
                        time.sleep(65536 / 50e6)

            with contextlib.suppress(OSError):
                os.posix_fallocate(file.fileno(), 0, max(1, free_bytes(disk) - _SLOWLY_FROM))
                file.seek(0, os.SEEK_END)
            fill()
            try:
                yield fill
            finally:
                filler.unlink()

    @contextlib.contextmanager
    def calls(self, injected: str) -> Iterator[None]:
        """The server's system calls fail or are slow: an `inject` expression of strace(1)."""
        names = injected.partition(":")[0]
        tracer = subprocess.Popen(
            [
                *("strace", "-f", "-o", "/dev/null", "-p", str(self.server.pid)),
                *("-e", f"trace={names}", "-e", f"inject={injected}"),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert tracer.stderr is not None
            assert "attached" in tracer.stderr.readline()
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.communicate(timeout=60)

    def stored(self, prefix: str) -> Counter[str]:
        """How often each line that begins so is stored, as the running server answers it."""
        with connect(self.server.url) as client:
            table = client.sql(
                "SELECT line, count() AS n, "
                "countIf(structured_metadata['check'] NOT IN ('', left(line, 13))) AS wrong "
                "FROM logs WHERE startsWith(line, {p:String}) GROUP BY line",
                parameters={"p": prefix},
            ).to_arrow()
        assert sum(table["wrong"].to_pylist()) == 0, "attributes of another line"
        return Counter(dict(zip(table["line"].to_pylist(), table["n"].to_pylist(), strict=True)))

    def idle(self) -> bool:
        """Whether nothing waits for the store."""
        with contextlib.suppress(httpx.HTTPError, PrologueError):
            return self.server.status()["buffered_bytes"] == 0
        return False

    @contextlib.contextmanager
    def biting(self, told: str, again: Callable[[], None] = lambda: None) -> Iterator[None]:
        """A fault that did nothing proves nothing: before it passes, the server must have said so. Until it
        has, the fault is done `again`."""
        seen = self._told(told)
        yield

        def bitten() -> bool:
            if self._told(told) == seen:
                again()
            return self._told(told) > seen

        try:  # strace stops each thread at each call: a batch was seen to take 45 s under four of them
            wait_until(bitten, 240, every=0.2)
        except AssertionError as error:
            raise AssertionError(f"the fault was not told by {told!r}:\n{self._threads()}") from error

    def _threads(self) -> str:
        """What each thread of the server does: a server that hangs and a fault that misses look alike."""
        tasks = Path(f"/proc/{self.server.pid}/task")
        lines = []
        for task in sorted(tasks.iterdir()):
            state = re.search(r"^State:\s*(.*)$", (task / "status").read_text(), re.MULTILINE)
            name, where = (task / "comm").read_text().strip(), (task / "wchan").read_text()
            lines.append(f"{task.name} {name}: {state[1] if state else '?'} {where}")
        return "\n".join([*lines, self.server.log.read_text(errors="replace")[-2000:]])

    def _told(self, text: str) -> int:
        return self.server.log.read_text(errors="replace").count(text)

    def metric(self, name: str) -> float:
        found = re.search(rf"^{name} (\S+)$", httpx.get(f"{self.server.url}/metrics").text, re.MULTILINE)
        assert found, name
        return float(found[1])

    def socket(self) -> socket.socket:
        host, _, port = self.server.url.removeprefix("http://").rpartition(":")
        return socket.create_connection((host, int(port)), timeout=60)

    def pause(self, seconds: float) -> None:
        """Let the fault last: its length is what is tested."""
        time.sleep(seconds)

    def settle(self) -> None:
        wait_until(self.idle, 120, every=0.2)


def _libfaketime() -> str:
    for folder in sorted(Path("/usr/lib").glob("*/faketime")):
        return str(folder / "libfaketimeMT.so.1")
    raise AssertionError("libfaketime is missing; cure: bash tools/test-tools.sh")


def tools_are_there() -> None:
    assert shutil.which("strace"), "strace is missing; cure: bash tools/test-tools.sh"
    if os.geteuid() != 0:
        pytest.skip("mounting small disks and tracing the server take root")
