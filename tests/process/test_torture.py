"""Rotation in every style, under kill -9 of agent and server: each line of each writer stored exactly once.

The writers are real where there is a real one (logrotate, Python's handlers in processes of their own), and
write and rename as Docker's json-file driver, the kubelet and log4j2 document where there is none here. Out
of reach, and so not asked for: lines that logrotate's copytruncate loses itself between copy and truncation
(its writer pauses), a second copytruncate before the first copy was read, and a file that is compressed
while no agent runs before it was seen: those writers rotate when what they wrote was read.

Prints one table: writer, lines written, stored, lost, duplicated.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.agent import AgentProcess
from tests.support.server import ServerProcess, wait_until
from tests.support.stored import stored_bodies

LOGROTATE = shutil.which("logrotate") or "/usr/sbin/logrotate"
SETTINGS = {
    "PROLOGUE_COLLECT__RESCAN": "300ms",
    "PROLOGUE_AGENT__BATCH_WAIT": "20ms",
    "PROLOGUE_AGENT__MAX_BACKOFF": "300ms",
}


class Writer:
    """Writes numbered lines to one log. `rotate` does what this style does."""

    careful = False  # rotate only when all of it was read

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.written = 0
        self.path = root / "var/log" / name / f"{name}.log"
        self.path.parent.mkdir(parents=True)

    def line(self, body: str) -> str:
        return body + "\n"

    def write(self, count: int) -> None:
        with self.path.open("a") as log:
            for _ in range(count):
                log.write(self.line(f"{self.name}={self.written:08d}"))
                self.written += 1

    def rotate(self) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        """Every line is written when this returns."""


class Logrotate(Writer):
    """The real program, forced; `options` as in its configuration."""

    def __init__(self, root: Path, name: str, options: str) -> None:
        super().__init__(root, name)
        self.careful = "copytruncate" in options or "compress" in options
        self.path.parent.chmod(0o755)
        self.config = root / f"{name}.conf"
        self.config.write_text(f'"{self.path}" {{\n  rotate 1000\n  missingok\n  {options}\n}}\n')

    def rotate(self) -> None:
        command = [LOGROTATE, "-f", "-s", f"{self.config}.state", str(self.config)]
        subprocess.run(command, check=False, capture_output=True)


class Docker(Writer):
    """json-file with max-size and max-file: the numbers move up, then a new file is opened."""

    def __init__(self, root: Path, name: str) -> None:
        super().__init__(root, name)
        self.path = root / f"var/lib/docker/containers/{'ab' * 32}/{'ab' * 32}-json.log"
        self.path.parent.mkdir(parents=True)

    def line(self, body: str) -> str:
        now = time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime())
        return json.dumps({"log": body + "\n", "stream": "stdout", "time": now}) + "\n"

    def rotate(self) -> None:
        numbered = [Path(f"{self.path}.{n}") for n in range(1, 100)]
        for older, newer in zip(reversed(numbered[1:]), reversed(numbered[:-1]), strict=True):
            if newer.exists():
                newer.rename(older)
        if self.path.exists():
            self.path.rename(numbered[0])
        self.path.touch()


class Kubelet(Writer):
    """CRI lines, long ones in pieces; renamed with a time, the older ones compressed; restarts count up."""

    def __init__(self, root: Path, name: str) -> None:
        super().__init__(root, name)
        self.folder = root / f"var/log/pods/ns_{name}-0_{'0a' * 8}/app"
        self.folder.mkdir(parents=True)
        self.restarts = self.turns = 0
        self.path = self.folder / "0.log"

    def line(self, body: str) -> str:
        now = time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime())
        if self.written % 7:
            return f"{now} stdout F {body}\n"
        half = len(body) // 2
        return f"{now} stdout P {body[:half]}\n{now} stdout F {body[half:]}\n"

    def rotate(self) -> None:
        self.turns += 1
        if self.turns % 3 == 0:
            self.restarts += 1
            self.path = self.folder / f"{self.restarts}.log"
        elif self.path.exists():
            self.path.rename(f"{self.path}.20260101-{self.turns:06d}")
        self.path.touch()


class Log4j(Writer):
    """RollingFile with `app-%d-%i.log`: the present file gets the next number and a new one is begun."""

    def rotate(self) -> None:
        if not self.path.exists():
            return
        number = 1
        while (target := self.path.with_name(f"{self.name}-2026-01-01-{number}.log")).exists():
            number += 1
        self.path.rename(target)


class SymlinkSwap(Writer):
    """`current.log` leads to the newest of several logs; rotation swaps the link."""

    def __init__(self, root: Path, name: str) -> None:
        super().__init__(root, name)
        self.link = self.path.with_name("current.log")
        self.number = 0
        self.path = self.path.with_name(f"{name}-0.log")
        self._swap()

    def rotate(self) -> None:
        self.number += 1
        self.path = self.path.with_name(f"{self.name}-{self.number}.log")
        self._swap()

    def _swap(self) -> None:
        self.path.touch()
        fresh = self.link.with_suffix(".new")
        fresh.symlink_to(self.path)
        fresh.replace(self.link)


HANDLER = """
import logging.handlers, sys, time
path, name, count, pause = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
handler = logging.handlers.RotatingFileHandler(path, maxBytes=8000, backupCount=10000)
log = logging.getLogger("w"); log.addHandler(handler); log.setLevel("INFO"); log.propagate = False
for number in range(count):
    log.info("%s=%08d", name, number)
    if number % 50 == 0:
        time.sleep(pause)
"""


class PythonHandler(Writer):
    """A real RotatingFileHandler in a process of its own, which rotates by itself, every 8000 bytes."""

    def __init__(self, root: Path, name: str, count: int) -> None:
        super().__init__(root, name)
        command = [sys.executable, "-c", HANDLER, str(self.path), name, str(count), "0.02"]
        self.process = subprocess.Popen(command)
        self.written = count

    def write(self, count: int) -> None:
        pass

    def rotate(self) -> None:
        pass

    def finish(self) -> None:
        assert self.process.wait(120) == 0


def writers(root: Path, lines: int) -> Iterator[Writer]:
    yield Logrotate(root, "create", "create")
    yield Logrotate(root, "delaycompress", "create\n  compress\n  delaycompress")
    yield Logrotate(root, "dateext", "create\n  dateext\n  dateformat -%Y%m%d-%s")
    yield Logrotate(root, "copytruncate", "copytruncate")
    yield PythonHandler(root, "handler", lines)
    yield Docker(root, "docker")
    yield Kubelet(root, "kubelet")
    yield Log4j(root, "logfourj")
    yield SymlinkSwap(root, "symlink")


def torture(folder: Path, turns: int, seed: int) -> list[tuple[str, int, int, int, int]]:
    """The table: writer, written, stored, lost, duplicated."""
    dice = random.Random(seed)
    root = folder / "root"
    (root / "var/log").mkdir(parents=True)
    server = ServerProcess(folder / "data", PROLOGUE_BUFFER__SEAL_AFTER="50ms").start()
    agent = AgentProcess(root, folder / "agent", server.url, **SETTINGS).start()
    everybody = list(writers(root, 150 * turns))
    rotated: set[str] = set()  # the careful ones, until what they had written was read

    def caught_up(writer: Writer) -> bool:
        mine = [s for s in agent.status()["sources"] if s["name"] == str(writer.path)]
        return bool(mine) and all(s["lag_bytes"] == 0 for s in mine) and server_up

    def step(alive: bool) -> None:
        for writer in everybody:
            writer.write(dice.randrange(120))
            if dice.random() > 0.5:
                continue
            if writer.careful:
                if not alive or writer.name in rotated:
                    continue
                wait_until(lambda writer=writer: caught_up(writer))
                rotated.add(writer.name)
            writer.rotate()
            writer.write(dice.randrange(40))

    server_up = True
    try:
        for _ in range(turns):
            step(alive=True)
            rotated.clear()
            time.sleep(dice.random() * 0.3)  # the instant of the kill is the point of the test
            if dice.random() < 0.6:
                agent.kill()
                step(alive=False)
                agent.start()
            if dice.random() < 0.4:
                server.kill()
                server_up = False
                step(alive=False)
                server.start()
                server_up = True
        for writer in everybody:
            writer.finish()
        total = sum(writer.written for writer in everybody)
        wait_until(lambda: server.stored_lines() >= total, deadline=120.0)
        assert agent.stop() == 0
    finally:
        agent.kill()
        server.stop()
    return judge(everybody, stored_bodies(server.data_dir))


def judge(everybody: list[Writer], stored: Counter[str]) -> list[tuple[str, int, int, int, int]]:
    rows = []
    for writer in everybody:
        wanted = [f"{writer.name}={number:08d}" for number in range(writer.written)]
        times = [stored.pop(body, 0) for body in wanted]
        rows.append((writer.name, len(wanted), sum(times), times.count(0), sum(n > 1 for n in times)))
    assert not stored, f"lines that nobody wrote: {list(stored)[:3]}"
    return rows


def check(rows: list[tuple[str, int, int, int, int]]) -> None:
    print(f"\n{'writer':16}{'written':>9}{'stored':>9}{'lost':>7}{'twice':>7}")
    for name, *numbers in rows:
        print(f"{name:16}" + f"{numbers[0]:>9}{numbers[1]:>9}{numbers[2]:>7}{numbers[3]:>7}")
    assert all(written == stored and not lost and not twice for _, written, stored, lost, twice in rows)
    assert all(written > 100 for _, written, *_ in rows)


def test_every_style_of_rotation_under_kills(tmp_path: Path) -> None:
    check(torture(tmp_path, turns=4, seed=1))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 7))
def test_every_style_of_rotation_under_many_kills(tmp_path: Path, seed: int) -> None:
    check(torture(tmp_path, turns=40, seed=seed))
