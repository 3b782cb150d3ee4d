"""One path through one system: full load, quiet, half load. Everything in one run on one fresh server.

1. Full load: all bodies as fast as they are acknowledged, until every line can be queried.
2. Quiet: at least `quiet_seconds`, until neither CPU nor disk moves (bounded), so that merges are over and
   replaced files are gone; disk and memory at rest, and what the merges cost.
3. Questions, where there are any (`at_rest`): of the lines of the full load and no others.
4. Half load: bodies again at half the rate that was measured, for `HALF_SECONDS`; latency of
   acknowledgements, and probes that are pushed, acknowledged, then polled for until they are found.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import httpx

from bench.encodings import Bodies
from bench.load import Sent, send
from bench.process import Watched, wait_until
from bench.systems import System, probe

HALF_SECONDS = 10.0
_QUERYABLE_SECONDS = 600.0
_QUIET_MOST_SECONDS = 300.0
_QUIET_FOR = 5.0
_QUIET_CPU_SHARE = 0.05
_PROBE_PAUSE = 0.25
_PROBE_POLL = 0.01
_PROBE_SECONDS = 30.0


@dataclass(frozen=True)
class Options:
    """How many senders post at once, and how long a server is left alone after the load."""

    senders: int = 4
    quiet_seconds: float = 45.0


@dataclass(frozen=True)
class Measured:
    """What one path cost one system. Bytes, seconds, rows; latencies as percentiles in seconds."""

    system: str
    path: str
    sent: Sent
    seconds: float
    cpu_seconds: float
    cpu_seconds_quiet: float
    memory_before: int
    memory_peak: int
    memory_quiet: int
    disk_after: int
    disk_quiet: int
    half: Sent
    queryable: tuple[float, ...]


def measure(
    system: System,
    server: tuple[str, Watched],
    bodies: Bodies,
    options: Options,
    at_rest: Callable[[str, Watched], None],
) -> Measured:
    """Run the phases of the module's description on a server (its URL first) that holds nothing yet."""
    url, watched = server
    target = system.targets[bodies.path]
    before, cpu, started = watched.resident_bytes(), watched.cpu_seconds(), time.monotonic()
    sent = send(url, target, bodies, senders=options.senders)
    _wait_for_all(system, url, bodies.rows, started)
    seconds, used = time.monotonic() - started, watched.cpu_seconds() - cpu
    peak, disk_after = watched.peak_bytes(), watched.disk_bytes()
    memory_quiet = _quiet(watched, options.quiet_seconds)
    used_quiet, disk_quiet = watched.cpu_seconds() - cpu, watched.disk_bytes()
    at_rest(url, watched)
    rate = bodies.rows / seconds / 2
    half, queryable = _half_load(system, url, bodies, options.senders, rate)
    return Measured(
        system=system.name,
        path=bodies.path,
        sent=sent,
        seconds=seconds,
        cpu_seconds=used,
        cpu_seconds_quiet=used_quiet,
        memory_before=before,
        memory_peak=peak,
        memory_quiet=memory_quiet,
        disk_after=disk_after,
        disk_quiet=disk_quiet,
        half=half,
        queryable=queryable,
    )


def _wait_for_all(system: System, url: str, rows: int, started: float) -> None:
    """Until `rows` lines can be queried, of a load that began at `started`.

    Asking costs the server as much as storing thousands of lines: it is asked again when half of what is
    left should be there, at most ten times a second.
    """
    while (found := system.lines(url, rows)) < rows:
        passed = time.monotonic() - started
        if passed > _QUERYABLE_SECONDS:
            raise RuntimeError(f"{system.name} answers with {found} of {rows} lines after {passed:g} s")
        time.sleep(min(1.0, max(0.1, passed * (rows / max(found, 1) - 1) / 2)))


def _quiet(watched: Watched, least: float) -> int:
    """Wait until neither CPU nor disk moves; the resident bytes then."""
    began = moved = time.monotonic()
    cpu, disk = watched.cpu_seconds(), watched.disk_bytes()
    while True:
        time.sleep(1.0)
        now, used, held = time.monotonic(), watched.cpu_seconds(), watched.disk_bytes()
        if used - cpu > _QUIET_CPU_SHARE or held != disk:
            moved = now
        cpu, disk = used, held
        if now - began > _QUIET_MOST_SECONDS or (now - began > least and now - moved > _QUIET_FOR):
            return watched.resident_bytes()


def _half_load(
    system: System, url: str, bodies: Bodies, senders: int, rate: float
) -> tuple[Sent, tuple[float, ...]]:
    """Half of the full rate for a while, with probes beside it."""
    over = threading.Event()
    found: list[float] = []
    prober = threading.Thread(target=_probe, args=(system, url, over, found))
    prober.start()
    try:
        rows = max(1, int(rate * HALF_SECONDS))
        half = send(
            url, system.targets[bodies.path], bodies, senders=senders, rows_per_second=rate, rows=rows
        )
    finally:
        over.set()
        prober.join()
    return half, tuple(found)


def _probe(system: System, url: str, over: threading.Event, found: list[float]) -> None:
    number = 0
    while not over.wait(_PROBE_PAUSE) or not found:
        text = f"probe{number}x{time.time_ns()}"
        answer = httpx.post(
            f"{url}{system.push}",
            content=probe(text),
            headers={"Content-Type": "application/json"},
            timeout=_PROBE_SECONDS,
        )
        answer.raise_for_status()
        acknowledged = time.monotonic()
        wait_until(
            partial(system.finds, url, text), _PROBE_SECONDS, f"probe {text} was not found", pause=_PROBE_POLL
        )
        found.append(time.monotonic() - acknowledged)
        number += 1
