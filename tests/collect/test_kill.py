"""kill -9 at random moments: every line exactly once.

The sink of the collector under test is a journal file with the duties of the real one: a payload is
acknowledged from another thread only after its fsync, positions are found again at a start, and what
ends at or before a position is acknowledged without being stored. Between two lives of the collector
the log is appended to, and rotated by renaming, so that every restart finds another situation.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

CHILD = """
import json, os, queue, sys, threading
from concurrent.futures import Future
from pathlib import Path
from prologue.collect.collector import Collector
from prologue.collect.multiline import read_rule
from prologue.collect.settings import CollectSettings, FilePattern
from prologue.model.errors import BufferFull, PositionConflict
from prologue.model.payload import Receipt

class DiskSink:
    def __init__(self, path):
        self.positions, end = {}, 0
        self.file = open(path, "a+b")
        self.file.seek(0)
        while line := self.file.readline():
            if not line.endswith(b"\\n"):
                break
            source, start, stop = json.loads(line)
            if len(self.file.read(stop - start)) < stop - start:
                break
            self.positions[source], end = stop, self.file.tell()
        self.file.truncate(end)
        self.accepted = dict(self.positions)
        self.queue, self.count = queue.Queue(), 0
        threading.Thread(target=self.run, daemon=True).start()

    def append(self, payload):
        self.count += 1
        if self.count % 7 == 0:
            raise BufferFull("now and then", retry_after=0)
        p, future = payload.position, Future()
        held = self.accepted.get(p.source)
        if held is not None and p.end <= held:
            future.set_result(Receipt(-1))
        elif held is not None and p.start != held:
            raise PositionConflict("a gap", source=p.source, resume_at=held)
        else:
            self.accepted[p.source] = p.end
            self.queue.put((payload, future))
        return future

    def run(self):
        while True:
            payload, future = self.queue.get()
            p = payload.position
            self.file.write(json.dumps([p.source, p.start, p.end]).encode() + b"\\n" + payload.data)
            self.file.flush()
            os.fsync(self.file.fileno())
            self.positions[p.source] = p.end
            future.set_result(Receipt(1))

    def durable_position(self, source):
        return self.positions.get(source, 0)

root = Path(sys.argv[1])
rule = read_rule("start: [05]$", "test") if sys.argv[2] == "records" else None
pattern = FilePattern("/var/log/**/*.log", multiline=rule)
settings = CollectSettings(
    root=root, journal=False, chunk_bytes=512, checkpoint_s=0.02, tick_s=0.01, rescan_s=0.1,
    backoff_min_s=0.001, partial_after_s=None, multiline_wait_s=0.05, include=(pattern,)
)
collector = Collector(DiskSink(root / "sink"), root / "data", settings)
collector.start()
print("started", flush=True)
threading.Event().wait()
"""


def stored(path: Path) -> list[bytes]:
    """The lines in the sink's journal, as far as it is whole."""
    lines: list[bytes] = []
    with path.open("rb") as file:
        while header := file.readline():
            start, end = (int(n) for n in header.rstrip(b"]\n").split(b",")[1:])
            lines += file.read(end - start).splitlines(keepends=True)
    return lines


class Life:
    """One life of the collector."""

    def __init__(self, root: Path, unit: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(root), unit], stdout=subprocess.PIPE, bufsize=0
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"started\n"

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@pytest.mark.parametrize(("unit", "seed"), [("lines", 0), ("lines", 1), ("lines", 2), ("records", 3)])
def test_kill_at_random_moments(
    tmp_path: Path, eventually: Callable[..., None], unit: str, seed: int
) -> None:
    rng = random.Random(seed)
    logs = tmp_path / "var/log"
    logs.mkdir(parents=True)
    sink = tmp_path / "sink"
    sink.touch()
    written = dict.fromkeys(("a", "b", "c"), 0)

    def write(name: str, count: int) -> None:
        with (logs / f"{name}.log").open("ab", buffering=0) as file:
            for _ in range(count):
                file.write(b"%s=%08d\n" % (name.encode(), written[name]))
                written[name] += 1

    def rotate(name: str, turn: int) -> None:
        path = logs / f"{name}.log"
        if path.exists():
            path.rename(logs / f"{name}.log.{turn:04d}")

    for turn in range(10):
        for name in written:
            write(name, rng.randrange(200))
        life = Life(tmp_path, unit)
        try:
            for name in written:
                if rng.random() < 0.4:
                    rotate(name, turn)
                write(name, rng.randrange(300))
            wanted = min(sink.stat().st_size + rng.randrange(4000), sum(written.values()) * 11)
            eventually(partial(is_at_least, sink, wanted))
        finally:
            life.kill()
        if rng.random() < 0.3:
            rotate("b", 1000 + turn)
    life = Life(tmp_path, unit)
    try:
        eventually(lambda: len(stored_safely(sink)) >= sum(written.values()), "every line")
    finally:
        life.kill()
    expected = sorted(b"%s=%08d\n" % (n.encode(), i) for n, count in written.items() for i in range(count))
    assert sorted(stored(sink)) == expected


def is_at_least(path: Path, size: int) -> bool:
    return path.stat().st_size >= size


def stored_safely(path: Path) -> list[Any]:
    """As `stored`, while the sink is writing: an unfinished end counts as nothing."""
    try:
        return list(stored(path))
    except ValueError:
        return []


def test_the_sink_of_this_test_forgets_what_was_not_synced(tmp_path: Path) -> None:
    (tmp_path / "var/log").mkdir(parents=True)
    whole = b'["file:x", 0, 4]\nabc\n'
    (tmp_path / "sink").write_bytes(whole + b'["file:x", 4, 99]\nhalf')
    Life(tmp_path, "lines").kill()
    assert (tmp_path / "sink").read_bytes() == whole
