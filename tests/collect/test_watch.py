"""inotify as we use it: one report per quiet file, none lost, and a fallback where it ends."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prologue.collect.chunks import Framing
from prologue.collect.file import Start, TailedFile
from prologue.collect.identity import key_of, open_regular
from prologue.collect.kind import Found
from prologue.collect.watch import Watcher


@pytest.fixture
def file(tmp_path: Path) -> Iterator[TailedFile]:
    path = tmp_path / "a.log"
    path.write_bytes(b"")
    fd = open_regular(str(path))
    file = TailedFile(fd, key_of(fd), Found(str(path), "file", Framing.PLAIN, {}), Start("s", 0), 0.0)
    yield file
    file.close()


def test_an_armed_file_reports_once(file: TailedFile) -> None:
    watcher = Watcher(True)
    path = Path(file.path)
    assert watcher.arm(file)
    for _ in range(5):
        path.write_bytes(b"x")
    assert watcher.read().files == [file]
    path.write_bytes(b"y")
    assert watcher.read().files == []
    assert watcher.arm(file)
    path.write_bytes(b"z")
    assert watcher.read().files == [file]
    watcher.close()


@pytest.mark.parametrize("change", [lambda p: p.rename(p.with_name("b")), lambda p: p.unlink()])
def test_a_renamed_or_deleted_file_reports_too(file: TailedFile, change: Callable[[Path], None]) -> None:
    watcher = Watcher(True)
    assert watcher.arm(file)
    change(Path(file.path))
    assert watcher.read().files == [file]
    watcher.close()


def test_folders_report_names(tmp_path: Path) -> None:
    watcher = Watcher(True)
    watcher.watch_folders({str(tmp_path)})
    (tmp_path / "new.log").touch()
    (tmp_path / "new.log").rename(tmp_path / "old.log")
    events = watcher.read()
    assert events.paths == [f"{tmp_path}/new.log", f"{tmp_path}/new.log", f"{tmp_path}/old.log"]
    assert not events.new_folder
    (tmp_path / "sub").mkdir()
    assert watcher.read().new_folder
    watcher.watch_folders(set())
    (tmp_path / "unseen.log").touch()
    assert watcher.read().paths == []
    watcher.close()


def test_a_folder_that_is_gone_may_come_back(tmp_path: Path) -> None:
    watcher = Watcher(True)
    folder = tmp_path / "pod"
    for _ in range(2):
        folder.mkdir()
        watcher.watch_folders({str(folder)})
        (folder / "0.log").touch()
        assert f"{folder}/0.log" in watcher.read().paths
        (folder / "0.log").unlink()
        folder.rmdir()
        watcher.read()
    watcher.close()


def test_switched_off(file: TailedFile) -> None:
    watcher = Watcher(False)
    assert watcher.fd is None
    assert not watcher.arm(file)
    assert watcher.read().files == []
    watcher.close()


def test_at_the_kernels_limit_files_are_polled_and_it_is_told(
    machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prologue.collect import watch

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(watch.INotify, "add_watch", full)
    path = machine.log("a.log", b"1\n")
    machine.start()
    machine.expect(b"1\n")
    with path.open("ab") as writer:
        writer.write(b"2\n")
    machine.expect(b"1\n2\n")
    machine.log("b.log", b"3\n")
    machine.expect(b"3\n", "b.log")
    assert [problem for problem in machine.collector.problems() if "max_user_watches" in problem]
