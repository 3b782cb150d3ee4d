"""What was measured, as one table: a column for each system and path, ratios to the rivals below."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence

import psutil

from bench.measure import Measured

MB = 1e6

Cell = Callable[[Measured], str]


def _percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def rows_per_second(found: Measured) -> float:
    return found.sent.rows / found.seconds


def mb_per_cpu_second(found: Measured) -> float:
    return found.sent.raw_bytes / MB / found.cpu_seconds


ROWS: tuple[tuple[str, Cell], ...] = (
    ("rows", lambda m: f"{m.sent.rows:,}"),
    ("raw MB", lambda m: f"{m.sent.raw_bytes / MB:,.0f}"),
    ("rows/s, until all can be queried", lambda m: f"{rows_per_second(m):,.0f}"),
    ("MB/s", lambda m: f"{m.sent.raw_bytes / MB / m.seconds:.1f}"),
    ("CPU-seconds of the server", lambda m: f"{m.cpu_seconds:.1f}"),
    ("rows per CPU-second", lambda m: f"{m.sent.rows / m.cpu_seconds:,.0f}"),
    ("MB/s per CPU-second", lambda m: f"{mb_per_cpu_second(m):.1f}"),
    ("the same, merges after it included", lambda m: f"{m.sent.raw_bytes / MB / m.cpu_seconds_quiet:.1f}"),
    ("CPU-seconds of the senders", lambda m: f"{m.sent.cpu_seconds:.1f}"),
    ("ack p50 / p99 ms, full load", lambda m: _milliseconds(m.sent.latencies)),
    ("ack p50 / p99 ms, half load", lambda m: _milliseconds(m.half.latencies)),
    ("refused with 429, full / half", lambda m: f"{m.sent.refused} / {m.half.refused}"),
    (
        "ack to queryable s, half load, p50 / max",
        lambda m: f"{_percentile(m.queryable, 0.5):.2f} / {max(m.queryable):.2f}",
    ),
    ("last ack to all queryable s, full load", lambda m: f"{m.seconds - m.sent.seconds:.2f}"),
    ("memory MB: before", lambda m: f"{m.memory_before / MB:.0f}"),
    ("memory MB: peak", lambda m: f"{m.memory_peak / MB:.0f}"),
    ("memory MB: quiet", lambda m: f"{m.memory_quiet / MB:.0f}"),
    ("disk bytes per raw byte: right after", lambda m: f"{m.disk_after / m.sent.raw_bytes:.3f}"),
    ("disk bytes per raw byte: quiet", lambda m: f"{m.disk_quiet / m.sent.raw_bytes:.3f}"),
)

_RATIOS: tuple[tuple[str, Callable[[Measured], float]], ...] = (
    ("rows/s", rows_per_second),
    ("MB/s per CPU-second", mb_per_cpu_second),
    ("disk", lambda m: m.disk_quiet / m.sent.raw_bytes),
    ("peak memory", lambda m: float(m.memory_peak)),
)


def _milliseconds(latencies: Sequence[float]) -> str:
    return " / ".join(f"{_percentile(latencies, share) * 1000:.0f}" for share in (0.5, 0.99))


def line(found: Measured) -> str:
    """The figures that matter most, so that a run that is broken off was not for nothing."""
    return (
        f"{found.system}: {rows_per_second(found):,.0f} rows/s, {mb_per_cpu_second(found):.1f} MB/s per "
        f"CPU-second, load now {os.getloadavg()[0]:.1f}"
    )


def machine() -> str:
    """The machine in one line: a figure without it means nothing."""
    model = next((line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name")), "?")
    return (
        f"{platform.machine()}, {os.cpu_count()} cores ({model}), "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}, load before the run {os.getloadavg()[0]:.1f}"
    )


def _cpuinfo() -> list[str]:
    with open("/proc/cpuinfo") as file:  # noqa: PTH123  # a kernel interface, not a file of ours
        return file.read().splitlines()


def print_table(found: Sequence[Measured]) -> None:
    """All figures of all columns; then Prologue's as multiples of each rival's on the same path."""
    width = max(16, *(len(f"{m.system} {m.path}") + 3 for m in found))
    print(f"\n{'':42}" + "".join(f"{f'{m.system} {m.path}':>{width}}" for m in found))
    for name, cell in ROWS:
        print(f"{name:42}" + "".join(f"{cell(m):>{width}}" for m in found))
    for rival in [m for m in found if m.system != "prologue"]:
        own = next((m for m in found if m.system == "prologue" and m.path == rival.path), None)
        if own is not None:
            ratios = (f"{name} {figure(own) / figure(rival):.2f}" for name, figure in _RATIOS)
            print(f"prologue / {rival.system}, {rival.path}: " + ", ".join(ratios))
