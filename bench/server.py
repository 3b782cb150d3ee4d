"""A real `prologue up` on an empty directory, watched from outside."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil


@dataclass(frozen=True)
class Server:
    """A running server: its process, its URL, its data directory."""

    process: psutil.Process
    url: str
    data: Path

    def cpu_seconds(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system

    def resident_bytes(self) -> int:
        return int(self.process.memory_info().rss)

    def peak_bytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(match.group(1)) * 1024 if match else 0

    def stored_lines(self) -> int:
        return int(httpx.get(f"{self.url}/api/v1/status", timeout=60).json()["stored_lines"])

    def disk_bytes(self) -> int:
        engine = self.data / "engine"
        return sum(path.stat().st_size for path in engine.rglob("*") if path.is_file())


@contextlib.contextmanager
def running(data: Path, environment: dict[str, str]) -> Iterator[Server]:
    """Start, wait until it is ready, and stop it at the end."""
    log = (data.parent / "server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "prologue", "up", "--listen", "127.0.0.1:0", "--data-dir", str(data)],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, "PROLOGUE_COLLECT__ENABLED": "false", **environment},
    )
    assert process.stdout is not None
    url = next(
        (found.group(0) for line in process.stdout if (found := re.search(r"http://[0-9.]+:\d+", line))), None
    )
    if url is None:
        raise RuntimeError(f"the server did not start: {Path(log.name).read_text()}")
    try:
        yield Server(psutil.Process(process.pid), url, data)
    finally:
        process.terminate()
        process.wait(30)


def wait_for_lines(server: Server, lines: int, deadline: float = 120.0) -> float:
    """Seconds until `lines` are stored; raises where they are not by then."""
    started = time.monotonic()
    while server.stored_lines() < lines:
        if time.monotonic() - started > deadline:
            raise RuntimeError(f"{server.stored_lines()} of {lines} lines after {deadline} s")
        time.sleep(0.05)
    return time.monotonic() - started
