"""Real rotation under load: logrotate as Debian ships it, and Python's own rotating handlers.

A writer appends numbered lines while its log is rotated again and again; afterwards every number has
arrived exactly once. `copytruncate` alone may lose what is written between its copy and its
truncation, which is logrotate's own documented flaw, so there the writer pauses for each rotation.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

LOGROTATE = shutil.which("logrotate") or shutil.which("/usr/sbin/logrotate") or "logrotate"


class Logrotate:
    """One configuration, run by force."""

    def __init__(self, folder: Path, log: Path, options: str) -> None:
        folder.mkdir()
        log.parent.chmod(0o755)  # logrotate refuses folders that others may write to
        self._config = folder / "logrotate.conf"
        self._state = folder / "state"
        self._config.write_text(f'"{log}" {{\n  rotate 1000\n  missingok\n  {options}\n}}\n')

    def run(self) -> bool:
        """Rotate now; False where it refuses, e.g. a name by the second that is taken."""
        command = [LOGROTATE, "-f", "-s", str(self._state), str(self._config)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0


def arrived(machine: Any, lines: int) -> bool:
    return len(machine.sink.bytes_of()) >= lines * 12


def numbered(start: int, count: int) -> bytes:
    return b"".join(b"id=%08d\n" % number for number in range(start, start + count))


MODES = {
    "create": "create",
    "create compress": "create\n  compress",
    "create delaycompress": "create\n  compress\n  delaycompress",
    "create dateext": "create\n  dateext\n  dateformat -%Y%m%d-%s",
    "create dateext extension": "create\n  dateext\n  dateformat -%Y%m%d-%s\n  extension .log",
    "copytruncate": "copytruncate",
    "copytruncate compress": "copytruncate\n  compress",
    "copytruncate dateext extension": "copytruncate\n  dateext\n  dateformat -%Y%m%d-%s\n  extension .log",
}


@pytest.mark.parametrize("watch", [True, False], ids=["inotify", "polling"])
@pytest.mark.parametrize("options", MODES.values(), ids=MODES)
def test_logrotate(
    machine: Any, tmp_path: Path, eventually: Callable[..., None], options: str, watch: bool
) -> None:
    log = machine.log("app.log", numbered(0, 100))
    machine.start(use_inotify=watch)
    rotate = Logrotate(tmp_path / "rotate", log, options)
    written = 100
    for turn in range(4):
        before = written
        for _ in range(20):
            with log.open("ab", buffering=0) as file:
                file.write(numbered(written, 37 + turn))
            written += 37 + turn
        # Out of reach: a file that was compressed before it was ever opened, a copy that was compressed
        # before it was read, two copies between two looks.
        if options.startswith("copytruncate\n  compress"):
            eventually(partial(arrived, machine, written))
        elif "compress" in options or "copytruncate" in options:
            eventually(partial(arrived, machine, before + 1))
        eventually(rotate.run, "logrotate agrees")
    with log.open("ab", buffering=0) as file:
        file.write(numbered(written, 10))
    written += 10
    eventually(lambda: len(machine.sink.bytes_of()) >= written * 12, f"{written} lines")
    assert sorted(machine.sink.lines()) == numbered(0, written).splitlines(keepends=True)


@pytest.mark.parametrize("watch", [True, False], ids=["inotify", "polling"])
def test_copytruncate_with_a_backlog_is_read_from_the_copy(
    machine: Any, tmp_path: Path, eventually: Callable[..., None], watch: bool
) -> None:
    log = machine.log("app.log", numbered(0, 5000))
    machine.sink.hold = True
    machine.start(use_inotify=watch, chunk_bytes=4096)
    eventually(lambda: machine.sink.held, "a chunk on its way")
    assert Logrotate(tmp_path / "rotate", log, "copytruncate").run()
    with log.open("ab") as file:
        file.write(numbered(5000, 100))
    machine.sink.release()
    eventually(lambda: len(machine.sink.bytes_of()) >= 5100 * 12)
    assert sorted(machine.sink.lines()) == numbered(0, 5100).splitlines(keepends=True)
    assert machine.collector.totals().lost_bytes == 0


WRITER = """
import logging.handlers, sys
kind, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
handler = {
    "size": lambda: logging.handlers.RotatingFileHandler(path, maxBytes=4000, backupCount=1000),
    "watched": lambda: logging.handlers.WatchedFileHandler(path),
}[kind]()
log = logging.getLogger("w"); log.addHandler(handler); log.setLevel("INFO"); log.propagate = False
for number in range(count):
    log.info("id=%08d", number)
"""


def test_rotating_file_handlers_in_other_processes(machine: Any, eventually: Callable[..., None]) -> None:
    machine.start()
    count = 20_000
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, "size", str(machine.logs / f"w{n}.log"), str(count)])
        for n in range(2)
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    eventually(lambda: len(machine.sink.bytes_of()) >= 2 * count * 12)
    for n in range(2):
        assert sorted(machine.sink.lines(f"w{n}.log")) == numbered(0, count).splitlines(keepends=True)


def test_a_watched_handler_under_logrotate(
    machine: Any, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    log = machine.log("app.log")
    machine.start()
    rotate = Logrotate(tmp_path / "rotate", log, "nocreate")
    count = 200_000
    writer = subprocess.Popen([sys.executable, "-c", WRITER, "watched", str(log), str(count)])
    rotations, step = 0, count // 20
    while (wanted := (rotations + 1) * step) < count:
        eventually(partial(arrived, machine, wanted))
        rotations += rotate.run()
    writer.wait(timeout=60)
    assert writer.returncode == 0
    eventually(lambda: len(machine.sink.bytes_of()) >= count * 12, f"{count} lines")
    assert sorted(machine.sink.lines()) == numbered(0, count).splitlines(keepends=True)


@pytest.mark.parametrize("watch", [True, False], ids=["inotify", "polling"])
def test_a_file_that_is_born_and_rotated_between_two_looks(
    machine: Any, eventually: Callable[..., None], watch: bool
) -> None:
    machine.start(use_inotify=watch)
    log = machine.log("app.log", numbered(0, 100))
    log.rename(machine.logs / "app.log.1")
    machine.log("app.log", numbered(100, 100))
    eventually(partial(arrived, machine, 200), "both files")
    assert sorted(machine.sink.lines()) == numbered(0, 200).splitlines(keepends=True)
