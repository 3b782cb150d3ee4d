"""`make bench`: ingest over HTTP, measured from outside the server. `make bench ARGS="--rows 200000"`."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import tempfile
import time
from pathlib import Path

from bench import generate, queries
from bench.load import Sent, send
from bench.server import Server, running, wait_for_lines

TARGETS = {
    "jsonlines": "/insert/jsonline?_stream_fields=service_name,pod,namespace",
}
MB = 1e6


def measure(server: Server, name: str, rows: int, senders: int) -> dict[str, str]:
    path = generate.lines(rows)
    idle = server.resident_bytes()
    cpu, started = server.cpu_seconds(), time.monotonic()
    sent = send(server.url, path, TARGETS[name], senders=senders)
    queryable = wait_for_lines(server, rows)
    seconds, used = time.monotonic() - started, server.cpu_seconds() - cpu
    peak = server.peak_bytes()
    settled = settle(server)
    return row(name, rows, sent, seconds, used) | {
        "queryable after ack s": f"{queryable:.2f}",
        "idle before MB": f"{idle / MB:.0f}",
        "peak MB": f"{peak / MB:.0f}",
        "idle after MB": f"{settled / MB:.0f}",
        "disk bytes per raw byte": f"{server.disk_bytes() / sent.bytes:.3f}",
    }


def row(name: str, rows: int, sent: Sent, seconds: float, cpu: float) -> dict[str, str]:
    return {
        "path": name,
        "rows/s": f"{rows / seconds:,.0f}",
        "MB/s": f"{sent.bytes / MB / seconds:.1f}",
        "CPU s": f"{cpu:.1f}",
        "MB/s per CPU-s": f"{sent.bytes / MB / cpu:.1f}",
        "ack p50 ms": f"{sent.percentile(0.5) * 1000:.0f}",
        "ack p99 ms": f"{sent.percentile(0.99) * 1000:.0f}",
        "429s": str(sent.refused),
    }


def settle(server: Server, seconds: float = 20.0) -> int:
    """Resident bytes once merges are done and freed memory went back: the lowest seen in a while."""
    end, lowest = time.monotonic() + seconds, server.resident_bytes()
    while time.monotonic() < end:
        time.sleep(0.5)
        lowest = min(lowest, server.resident_bytes())
    return lowest


def print_table(rows: list[dict[str, str]]) -> None:
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, "
        f"Python {platform.python_version()}"
    )
    for name in rows[0]:
        print(f"{name:26}" + "".join(f"{found[name]:>16}" for found in rows))


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--paths", default=",".join(TARGETS))
    arguments = parser.parse_args()
    rows = []
    for name in arguments.paths.split(","):
        generate.lines(arguments.rows)
        folder = Path(tempfile.mkdtemp(prefix="prologue-bench-"))
        try:
            with running(folder / "data", {}) as server:
                rows.append(measure(server, name, arguments.rows, arguments.senders))
                if name == "jsonlines":
                    queries.report(server.url, arguments.rows)
        finally:
            shutil.rmtree(folder)
    print_table(rows)


if __name__ == "__main__":
    main()
