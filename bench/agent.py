"""`make bench ARGS=agent`: what `prologue agent` costs, and how fast it is, measured from outside.

Four situations: as fast as files can be read (nobody takes the lines to anywhere), as fast as a local server
takes them, ten megabytes a second for a while, and five thousand files of which fifty are written. CPU is
the agent's own, in its code and in the kernel; on a busy machine read the figures per CPU-second.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil

from bench import generate, report
from bench.process import Watched, free_port, running

MB = 1e6
NULL_SINK = """
import sys, time
from concurrent.futures import Future
from pathlib import Path
from prologue.collect.collector import Collector
from prologue.collect.settings import CollectSettings
from prologue.model.payload import Receipt

class Null:
    taken = 0
    def append(self, payload):
        self.taken += len(payload.data)
        future = Future()
        future.set_result(Receipt(0))
        return future
    def durable_position(self, source):
        return 0

root, size = Path(sys.argv[1]), int(sys.argv[2])
sink = Null()
settings = CollectSettings(root=root, journal=False, initial_max_bytes=1 << 50, partial_after_s=None)
collector = Collector(sink, root / "null", settings)
began, cpu = time.monotonic(), time.process_time()
collector.start()
while sink.taken < size:
    time.sleep(0.002)
print(time.monotonic() - began, time.process_time() - cpu)
collector.stop(5)
"""


class Endpoint:
    """Takes payloads and remembers when a mark came by. In this process, so not part of what is measured."""

    def __init__(self) -> None:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path.endswith("payloads"):
                    endpoint.taken += len(body)
                    if endpoint.mark and endpoint.mark in body:
                        endpoint.seen.set()
                    self.send_response(204)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    self.send_response(404)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.taken = 0
        self.mark = b""
        self.seen = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def time_to(self, mark: bytes, write: Callable[[], None]) -> float:
        """Seconds from writing a line with the mark until it is here."""
        self.mark = mark
        self.seen.clear()
        began = time.monotonic()
        write()
        if not self.seen.wait(30):
            raise SystemExit(f"{mark!r} was not shipped within 30 s")
        return time.monotonic() - began

    def close(self) -> None:
        self._server.shutdown()


@contextlib.contextmanager
def agent(folder: Path, url: str, **environment: str) -> Iterator[tuple[Watched, str]]:
    """A running agent that reads below `folder/root`, and the address of its status page."""
    listen = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "prologue", "agent", "--url", url, "--listen", listen]
    command += ["--data-dir", str(folder / "agent")]
    ours = {
        "PROLOGUE_COLLECT__ROOT": str(folder / "root"),
        "PROLOGUE_COLLECT__INITIAL_MAX_BYTES": "1TiB",
        **environment,
    }
    with running(command, folder / "agent", folder / "agent.log", ours) as watched:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"http://{listen}/ready")
                break
            time.sleep(0.01)
        yield watched, f"http://{listen}"


def text(rows: int = 100_000) -> bytes:
    """Realistic lines, as every path of `make bench` has them."""
    return b"".join(
        f"{line.time_text} {line.level.upper():5} trace={line.trace_id:032x} {line.message}\n".encode()
        for block in generate.blocks(rows, 10_000)
        for line in block
    )


def logs(folder: Path, megabytes: int, files: int = 4) -> int:
    """Files of such lines; their size in bytes."""
    lines = text()
    target = folder / "root/var/log/app"
    target.mkdir(parents=True)
    for number in range(files):
        with (target / f"s{number}.log").open("wb") as file:
            for _ in range(max(1, int(megabytes * MB / files / len(lines)))):
                file.write(lines)
    return sum(file.stat().st_size for file in target.iterdir())


def row(what: str, wanted: str, found: str) -> None:
    print(f"{what:58}{wanted:>22}   {found}", flush=True)


def to_nowhere(folder: Path) -> None:
    size = logs(folder, 400)
    command = [sys.executable, "-c", NULL_SINK, str(folder / "root"), str(size)]
    wall, cpu = [], []
    for _ in range(3):
        shutil.rmtree(folder / "root/null", ignore_errors=True)
        seconds, used = map(
            float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        )
        wall.append(size / MB / seconds)
        cpu.append(size / MB / used)
    row("plain files to a null sink, MB/s", ">= 150", f"{statistics.median(wall):,.0f}")
    row("the same per CPU-second", ">= 150", f"{statistics.median(cpu):,.0f}")


def to_a_server(folder: Path) -> None:
    size = logs(folder, 300)
    listen = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "prologue", "up", "--listen", listen, "--data-dir", str(folder / "data")]
    quiet = {"PROLOGUE_COLLECT__ENABLED": "false"}
    with running(command, folder / "data", folder / "server.log", quiet):
        _ready(f"http://{listen}/ready")
        began = time.monotonic()
        with agent(folder, f"http://{listen}") as (watched, status):
            while _shipped(status) < size:
                time.sleep(0.05)
            seconds, used = time.monotonic() - began, watched.cpu_seconds()
            peak = watched.peak_bytes()
    row("plain files to a local server, MB/s, start included", ">= 60", f"{size / MB / seconds:,.0f}")
    row("the same per CPU-second of the agent", ">= 60", f"{size / MB / used:,.0f}")
    row("its peak memory, MB", "", f"{peak / MB:.0f}")


def paced(folder: Path, seconds: float, rate: float = 10 * MB) -> None:
    """Ten megabytes a second, in small writes, into one file; the endpoint takes everything."""
    path = folder / "root/var/log/app/a.log"
    path.parent.mkdir(parents=True)
    path.touch()
    lines = text()
    step = 0.02
    piece = int(rate * step)
    endpoint = Endpoint()
    with agent(folder, endpoint.url) as (watched, status), path.open("ab", buffering=0) as file:
        time.sleep(1.0)
        before, began, written = watched.cpu_seconds(), time.monotonic(), 0
        memory = 0
        while (elapsed := time.monotonic() - began) < seconds:
            due = int(elapsed / step) * piece
            while written < due:
                at = written % (len(lines) - piece)
                file.write(lines[at : at + piece])
                written += piece
            memory = max(memory, watched.resident_bytes())
            time.sleep(step)
        used = watched.cpu_seconds() - before
        file.write(b"\n")
        behind = path.stat().st_size - _shipped(status)
    endpoint.close()
    row(f"CPU at {written / MB / seconds:.1f} MB/s, of one core", "< 12%", f"{100 * used / seconds:.1f}%")
    row("memory at that, MB, the most of many looks", "< 90", f"{memory / MB:.0f}")
    row("bytes behind at the end, MB", "", f"{behind / MB:.1f}")


def many(folder: Path, seconds: float, files: int = 5000, active: int = 50) -> None:
    root = folder / "root/var/log"
    for number in range(files):
        path = root / f"app{number % 100}/f{number}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a line that was there before\n")
    endpoint = Endpoint()
    with agent(folder, endpoint.url, PROLOGUE_AGENT__COMPRESSION="none") as (watched, status):
        deadline = time.monotonic() + 120
        while _shipped(status) < files * 29 and time.monotonic() < deadline:
            time.sleep(0.2)
        time.sleep(5.0)  # until the kernel watches all of them
        before, began = watched.cpu_seconds(), time.monotonic()
        time.sleep(seconds)
        idle = (watched.cpu_seconds() - before) / (time.monotonic() - began)
        before, began = watched.cpu_seconds(), time.monotonic()
        while time.monotonic() - began < seconds:
            for number in range(active):
                with (root / f"app{number % 100}/f{number}.log").open("ab") as file:
                    file.write(b"one of fifty that are written\n")
            time.sleep(1.0)
        busy = (watched.cpu_seconds() - before) / (time.monotonic() - began)
        times = []
        for number in range(30):
            path = root / f"app{(number * 37 + 60) % 100}/f{number * 137 % files}.log"
            path = (
                path
                if path.exists()
                else root / f"app{number * 137 % files % 100}/f{number * 137 % files}.log"
            )

            def write(path: Path = path, number: int = number) -> None:
                with path.open("ab") as file:
                    file.write(b"mark-%d-x\n" % number)

            times.append(endpoint.time_to(b"mark-%d-x" % number, write))
        memory = watched.resident_bytes()
    endpoint.close()
    row(f"CPU with {files} files and none written, of one core", "< 5%", f"{100 * idle:.1f}%")
    row(f"the same, {active} of them written every second", "", f"{100 * busy:.1f}%")
    row(
        "a new line in a quiet file is there after, s: median, worst",
        "< 1",
        f"{statistics.median(times):.2f}, {max(times):.2f}",
    )
    row("memory with all of them, MB", "", f"{memory / MB:.0f}")


def _shipped(status: str) -> int:
    return int(httpx.get(f"{status}/status", timeout=30).json()["destination"]["shipped_bytes"])


def _ready(url: str) -> None:
    for _ in range(1200):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url).status_code == 200:
                return
        time.sleep(0.05)
    raise SystemExit(f"{url} is not ready")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="make bench ARGS=agent", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each measured stretch of time")
    parser.add_argument("--only", choices=["nowhere", "server", "paced", "many"], help="one situation")
    chosen = parser.parse_args(arguments)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    situations: dict[str, Callable[[Path], None]] = {
        "nowhere": to_nowhere,
        "server": to_a_server,
        "paced": lambda folder: paced(folder, chosen.seconds),
        "many": lambda folder: many(folder, chosen.seconds),
    }
    load = ", ".join(f"{value:.0f}" for value in psutil.getloadavg())
    print(f"{report.machine()}, load {load} before it began", flush=True)
    row("", "wanted", "measured")
    for name, situation in situations.items():
        if chosen.only in (None, name):
            folder = Path(tempfile.mkdtemp(prefix="prologue-bench-agent-"))
            try:
                situation(folder)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
