"""Restarts: what changed while nobody watched."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def add(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def settle(machine: Any, data: bytes) -> None:
    """Read `data` and stop, so that the next start is a restart."""
    machine.start()
    machine.expect(data)
    machine.stop()


OLD = b"".join(b"2026-11-23 old line %d\n" % number for number in range(50))
NEW = b"".join(b"2026-11-24 new line %d\n" % number for number in range(80))


def appended(path: Path) -> bytes:
    add(path, b"more\n")
    return b"more\n"


def renamed(path: Path) -> bytes:
    add(path, b"end of the old\n")
    path.rename(path.with_name("app.log.1"))
    path.write_bytes(b"new\n")
    return b"end of the old\nnew\n"


def renamed_twice(path: Path) -> bytes:
    add(path, b"end of the old\n")
    path.rename(path.with_name("app.log.2"))
    path.write_bytes(b"never seen\n")
    path.rename(path.with_name("app.log.1"))
    path.write_bytes(b"new\n")
    return b"end of the old\nnever seen\nnew\n"


def copied_and_truncated(path: Path) -> bytes:
    add(path, b"end of the old\n")
    subprocess.run(["cp", "-p", path, path.with_name("app.log.1")], check=True)
    path.write_bytes(NEW)
    return b"end of the old\n" + NEW


def truncated(path: Path) -> bytes:
    path.write_bytes(b"new\n")
    return b"new\n"


def truncated_and_grown_past(path: Path) -> bytes:
    path.write_bytes(NEW)
    return NEW


def replaced_at_the_same_inode(path: Path) -> bytes:
    """What inode reuse looks like: other content, same device and inode, larger than before."""
    with path.open("r+b") as file:
        file.write(NEW)
        file.truncate()
    return NEW


def untouched(_path: Path) -> bytes:
    return b""


CHANGES = [
    appended,
    renamed,
    renamed_twice,
    copied_and_truncated,
    truncated,
    truncated_and_grown_past,
    replaced_at_the_same_inode,
    untouched,
]


@pytest.mark.parametrize("crashed", [False, True], ids=["stopped", "crashed"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_changes_while_stopped(
    machine: Any, eventually: Callable[..., None], change: Callable[[Path], bytes], crashed: bool
) -> None:
    path = machine.log("app.log", OLD)
    machine.start()
    machine.expect(OLD)
    if crashed:
        eventually(lambda: entry(machine, "app.log")["offset"] == len(OLD))
        machine.crash()
    else:
        machine.stop()
    more = change(path)
    machine.start()
    wanted = sorted((OLD + more).splitlines())
    eventually(lambda: len(machine.sink.lines()) >= len(wanted))
    marker = machine.log("marker.log", b"marker\n")
    eventually(lambda: b"marker\n" in machine.sink.lines())
    marker.unlink()
    assert sorted(machine.sink.bytes_of("app.log").splitlines()) == wanted


@pytest.mark.parametrize("suffix", ["1", "0009", "1009"])
def test_born_and_rotated_away_before_it_was_registered(machine: Any, suffix: str) -> None:
    """Nothing is at the path itself any more, and the checkpoint knows only the file before."""
    path = machine.log("app.log", OLD)
    settle(machine, OLD)
    path.rename(path.with_name("app.log.2"))
    path.write_bytes(NEW)
    path.rename(path.with_name(f"app.log.{suffix}"))
    machine.start()
    machine.expect(OLD + NEW)


@pytest.mark.parametrize("suffix", ["1", "1009"])
def test_the_rest_is_read_from_a_copy_whatever_its_number(
    machine: Any, eventually: Callable[..., None], suffix: str
) -> None:
    path = machine.log("app.log", OLD)
    settle(machine, OLD)
    add(path, b"end of the old\n")
    subprocess.run(["cp", path, path.with_name(f"app.log.{suffix}")], check=True)
    path.write_bytes(b"new\n")
    machine.start()
    wanted = OLD + b"end of the old\nnew\n"
    eventually(lambda: len(machine.sink.bytes_of()) >= len(wanted))
    assert sorted(machine.sink.lines()) == sorted(wanted.splitlines(keepends=True))


def entry(machine: Any, name: str) -> dict[str, Any]:
    document = json.loads((machine.root / "data/collect.json").read_text())
    found = [entry for entry in document["files"] if entry["path"].endswith(name)]
    assert len(found) == 1
    return dict(found[0])


def test_acknowledged_but_not_in_the_checkpoint(machine: Any, eventually: Callable[..., None]) -> None:
    """The window that kill -9 opens: the sink knows better than the checkpoint."""
    path = machine.log("app.log", OLD)
    machine.start(checkpoint_s=1000.0)
    machine.expect(OLD)
    eventually(lambda: entry(machine, "app.log")["offset"] == len(OLD))
    add(path, NEW)
    machine.expect(OLD + NEW)
    machine.crash()
    assert entry(machine, "app.log")["offset"] == len(OLD)
    add(path, b"more\n")
    machine.start()
    machine.expect(OLD + NEW + b"more\n")


@pytest.mark.parametrize("after", [b"new\n", NEW], ids=["shorter", "longer"])
def test_lines_sent_before_the_checkpoint_knew_of_any_are_known_in_the_copy(
    machine: Any, eventually: Callable[..., None], after: bytes
) -> None:
    """Killed just after the first bytes were sent: the checkpoint is the one that allowed to send them."""
    path, checkpoint = machine.log("app.log"), machine.root / "data/collect.json"
    allowed: list[bytes] = []
    machine.sink.on_append = lambda _payload: allowed.append(checkpoint.read_bytes())
    machine.start()
    eventually(checkpoint.exists)
    add(path, OLD)
    machine.expect(OLD)
    machine.stop()
    checkpoint.write_bytes(allowed[0])
    assert entry(machine, "app.log")["offset"] == 0
    machine.sink.on_append = lambda _payload: None
    add(path, b"end of the old\n")
    subprocess.run(["cp", path, path.with_name("app.log.1")], check=True)
    path.write_bytes(after)
    machine.start()
    wanted = OLD + b"end of the old\n" + after
    eventually(lambda: len(machine.sink.bytes_of()) >= len(wanted))
    assert sorted(machine.sink.lines()) == sorted(wanted.splitlines(keepends=True))


def test_a_rotation_that_was_never_seen_under_an_inode_that_was(machine: Any) -> None:
    """What is remembered of an inode is another file's: removed long ago, and its inode used again."""
    path = machine.log("app.log", OLD)
    settle(machine, OLD)
    checkpoint = machine.root / "data/collect.json"
    document = json.loads(checkpoint.read_text())
    path.rename(path.with_name("app.log.2"))
    path.write_bytes(NEW)
    gone = dict(document["files"][0], source="file:0:0:gone", inode=path.stat().st_ino)
    gone["head"] = gone["context"] = {"length": 4, "digest": "0" * 24}
    document["files"].append(gone)
    checkpoint.write_text(json.dumps(document))
    path.rename(path.with_name("app.log.1"))
    machine.start()
    machine.expect(OLD + NEW)


def test_a_device_number_that_changed_with_a_reboot(machine: Any) -> None:
    path = machine.log("app.log", OLD)
    settle(machine, OLD)
    checkpoint = machine.root / "data/collect.json"
    document = json.loads(checkpoint.read_text())
    document["files"][0]["device"] += 1
    checkpoint.write_text(json.dumps(document))
    add(path, b"more\n")
    machine.start()
    machine.expect(OLD + b"more\n")


def test_what_cannot_be_had_any_more_is_told(machine: Any, eventually: Callable[..., None]) -> None:
    path = machine.log("app.log", OLD)
    machine.sink.hold = True
    machine.start()
    eventually(lambda: machine.sink.held)
    machine.sink.held.clear()
    assert not machine.collector.stop(0.0)
    machine.collector = None
    machine.sink.hold = False
    path.unlink()
    machine.start()
    assert [problem for problem in machine.collector.problems() if f"{len(OLD)} bytes" in problem]
    assert machine.collector.totals().lost_bytes == len(OLD)


def test_the_first_start_takes_no_more_than_the_end_of_a_large_file(machine: Any) -> None:
    lines = b"".join(b"%07d\n" % number for number in range(10_000))
    machine.log("large.log", lines)
    machine.start(initial_max_bytes=803)
    machine.expect(lines[-800:])
    assert machine.status("large.log").skipped_bytes == len(lines) - 800
    machine.log("later.log", lines)
    machine.expect(lines, "later.log")


def test_the_first_start_leaves_out_what_is_older_than_wanted(machine: Any) -> None:
    old = machine.log("old.log", b"old\n")
    os.utime(old, (1_000_000_000, 1_000_000_000))
    machine.log("young.log", b"young\n")
    machine.start(initial_max_age_s=86_400.0)
    machine.expect(b"young\n")
    add(old, b"again\n")
    machine.expect(b"again\n", "old.log")


def test_a_file_that_may_not_be_read_is_told_with_the_cure_and_read_later(
    machine: Any, eventually: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read everything, so the refusal is injected where the file is opened."""
    from prologue.collect import tracker

    forbidden = True
    real = tracker.open_regular

    def refuse(path: str) -> int:
        if forbidden and path.endswith("secret.log"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(tracker, "open_regular", refuse)
    machine.log("secret.log", b"secret\n")
    machine.start()
    status = machine.status("secret.log")
    assert status.state == "blocked"
    assert "adm" in status.errors[0]
    forbidden = False
    machine.expect(b"secret\n")
    eventually(lambda: machine.status("secret.log").errors == ())


def test_forgotten_after_a_while(machine: Any) -> None:
    path = machine.log("app.log", OLD)
    settle(machine, OLD)
    path.unlink()
    machine.log("b.log", b"b\n")
    machine.start(forget_after_s=0.0)
    machine.expect(OLD + b"b\n")
    machine.stop()
    assert entry(machine, "b.log")
    assert "app.log" not in (machine.root / "data/collect.json").read_text()


def test_a_small_copy_that_never_becomes_one_is_read_after_all(
    machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prologue.collect import tracker

    monkeypatch.setattr(tracker, "COPY_GRACE_S", 0.3)
    machine.log("worker.log", b"started\n")
    machine.start()
    machine.expect(b"started\n")
    machine.log("worker-1.log", b"started\n")
    machine.expect(b"started\n", "worker-1.log")
