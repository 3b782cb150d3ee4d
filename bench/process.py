"""A server process watched from outside: CPU (fsync included), memory, bytes on disk."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

_START_SECONDS = 120.0
_STOP_SECONDS = 60.0


@dataclass(frozen=True)
class Watched:
    """A running server and the folder its data are in."""

    process: psutil.Process
    data: Path

    def cpu_seconds(self) -> float:
        """Spent by the process in its own code and in the kernel on its behalf."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def resident_bytes(self) -> int:
        return int(self.process.memory_info().rss)

    def peak_bytes(self) -> int:
        """The most that was ever resident."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(found.group(1)) * 1024 if found else 0

    def disk_bytes(self) -> int:
        """Blocks taken by the files in the folder, the way `du` counts."""
        total = 0
        for folder, _, names in os.walk(self.data):
            for name in names:
                with contextlib.suppress(FileNotFoundError):  # merges delete files while we look
                    total += (Path(folder) / name).lstat().st_blocks * 512
        return total


@contextlib.contextmanager
def running(command: list[str], data: Path, log: Path, environment: dict[str, str]) -> Iterator[Watched]:
    """Start `command` and stop it at the end; what it says goes to `log`."""
    with log.open("wb") as out:
        # Prologue refuses a variable that names no setting of its own.
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PROLOGUE_BENCH_")}
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env={**ours, **environment})
    try:
        yield Watched(psutil.Process(process.pid), data)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_ready(watched: Watched, url: str, log: Path) -> None:
    """Poll `url` until it answers 200; raises with the log's end where the server never does."""

    def ready() -> bool:
        if not watched.process.is_running() or watched.process.status() == psutil.STATUS_ZOMBIE:
            raise RuntimeError(f"the server ended while starting: {tail(log)}")
        try:
            return httpx.get(url, timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    wait_until(ready, _START_SECONDS, f"{url} never answered: {tail(log)}")


def wait_until(holds: Callable[[], bool], seconds: float, complaint: str, *, pause: float = 0.05) -> float:
    """Seconds until a condition holds; raises `complaint` where it does not by then."""
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > seconds:
            raise RuntimeError(f"{complaint} (after {seconds:g} s)")
        time.sleep(pause)
    return time.monotonic() - started


def tail(log: Path) -> str:
    return log.read_bytes()[-2000:].decode("utf-8", "replace")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
