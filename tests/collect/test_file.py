"""One file under a real collector: growth, truncation, rotation, deletion, and lines that never end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prologue.collect.file import Start, TailedFile
from prologue.collect.identity import fingerprint, key_of, open_regular
from prologue.collect.kind import Found
from prologue.collect.settings import CollectSettings
from prologue.collect.status import SourceState


def add(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture(params=[True, False], ids=["inotify", "polling"])
def machine(request: pytest.FixtureRequest, machine: Any) -> Any:
    machine.defaults["use_inotify"] = request.param
    return machine


def test_existing_and_appended_lines(machine: Any) -> None:
    path = machine.log("a.log", b"one\ntwo\n")
    machine.start()
    machine.expect(b"one\ntwo\n")
    add(path, b"three\n")
    machine.expect(b"one\ntwo\nthree\n")


def test_a_file_that_appears_later_is_read_from_its_beginning(machine: Any) -> None:
    machine.start()
    machine.log("new/deep/b.log", b"first\n")
    machine.expect(b"first\n", "b.log")


def test_a_line_in_pieces_arrives_once_and_whole(machine: Any) -> None:
    path = machine.log("a.log", b"begin ")
    machine.start(partial_after_s=None)
    add(path, b"middle ")
    add(path, b"end\nnext\n")
    machine.expect(b"begin middle end\nnext\n")
    assert machine.status("a.log").split_lines == 0


def test_a_last_line_without_newline_is_sent_when_idle_and_not_again(
    machine: Any, eventually: Callable[..., None]
) -> None:
    path = machine.log("a.log", b"one\nlast")
    machine.start(partial_after_s=0.2)
    machine.expect(b"one\nlast")
    add(path, b" continued\n")
    machine.expect(b"one\nlast continued\n")
    eventually(lambda: machine.status("a.log").split_lines == 1)


def test_a_block_buffered_writer_is_not_cut_in_the_middle(machine: Any) -> None:
    path = machine.log("a.log", b"x" * 4095 + b"y")
    other = machine.log("b.log", b"no end")
    machine.start(partial_after_s=0.1)
    machine.expect(b"no end", "b.log")
    assert machine.sink.bytes_of("a.log") == b""
    add(path, b"z\n")
    machine.expect(b"x" * 4095 + b"yz\n", "a.log")
    assert other.exists()


def test_binary_and_invalid_utf8_are_kept(machine: Any) -> None:
    junk = bytes(range(256)) * 50 + b"\n"
    machine.log("a.log", junk)
    machine.start()
    machine.expect(junk)


def test_lines_over_the_limit_are_split_counted_and_complete(
    machine: Any, eventually: Callable[..., None]
) -> None:
    data = b"short\n" + b"x" * 10_000 + b"\n" + b"after\n"
    machine.log("a.log", data)
    machine.start(chunk_bytes=512, max_line_bytes=4096)
    machine.expect(data)
    assert max(len(p.data) for p in machine.sink.payloads) <= 4096
    eventually(lambda: machine.status("a.log").split_lines == 2)


def test_a_huge_line_growing_slowly(machine: Any) -> None:
    path = machine.log("a.log")
    machine.start(partial_after_s=None, chunk_bytes=4096)
    for _ in range(40):
        add(path, b"y" * 9_999)
    add(path, b"\n")
    machine.expect(b"y" * 399_960 + b"\n")


def test_truncated_in_place(machine: Any) -> None:
    path = machine.log("a.log", b"old line\n" * 100)
    machine.start()
    machine.expect(b"old line\n" * 100)
    path.write_bytes(b"new\n")
    machine.expect(b"old line\n" * 100 + b"new\n")
    assert machine.status("a.log").generation == 1
    assert len(machine.sink.positions) == 2


def test_truncated_and_grown_past_the_old_offset_with_an_equal_header(machine: Any) -> None:
    header = b"time,level,message\n" * 100
    path = machine.log("a.csv.log", header + b"1,info,old\n")
    machine.start()
    machine.expect(header + b"1,info,old\n")
    renewed = header + b"2,info,new\n" + b"3,info,longer than before\n"
    path.write_bytes(renewed)
    machine.expect(header + b"1,info,old\n" + renewed)


def test_rewritten_at_the_same_size(machine: Any) -> None:
    path = machine.log("a.log", b"aaaa\n")
    machine.start()
    machine.expect(b"aaaa\n")
    path.write_bytes(b"bbbb\n")
    machine.expect(b"aaaa\nbbbb\n")


def test_a_writer_without_append_leaves_a_hole_after_a_truncation(machine: Any) -> None:
    path = machine.log("a.log")
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, b"before\n" * 20_000)
        machine.start()
        machine.expect(b"before\n" * 20_000)
        os.truncate(path, 0)
        os.write(fd, b"after\n")
        machine.expect(b"before\n" * 20_000 + b"after\n")
    finally:
        os.close(fd)


def test_rename_and_create_while_the_writer_holds_the_old_file(
    machine: Any, eventually: Callable[..., None]
) -> None:
    path = machine.log("a.log", b"1\n")
    machine.start()
    machine.expect(b"1\n")
    with path.open("ab") as writer:
        path.rename(path.with_suffix(".log.1"))
        machine.log("a.log", b"3\n")
        writer.write(b"2\n")
    eventually(lambda: len(machine.sink.lines()) >= 3)
    assert sorted(machine.sink.lines()) == [b"1\n", b"2\n", b"3\n"]


def test_a_backlog_in_the_old_file_comes_before_the_new_file(machine: Any) -> None:
    path = machine.log("a.log", b"")
    machine.start(chunk_bytes=1024)
    machine.sink.hold = True
    add(path, b"old\n" * 10_000)
    path.rename(path.with_suffix(".log.1"))
    machine.log("a.log", b"new\n")
    machine.sink.release()
    machine.expect(b"old\n" * 10_000 + b"new\n")


def test_rotated_under_a_name_that_matches_too(machine: Any) -> None:
    path = machine.log("a-0.log", b"1\n")
    machine.start()
    machine.expect(b"1\n")
    path.rename(machine.logs / "a-0-20261123.log")
    machine.log("a-0.log", b"2\n")
    machine.expect(b"1\n2\n")


def test_deleted_while_open_is_drained_and_forgotten(machine: Any, eventually: Callable[..., None]) -> None:
    path = machine.log("a.log", b"1\n")
    machine.start(deleted_wait_s=0.5, partial_after_s=None)
    machine.expect(b"1\n")
    with path.open("ab", buffering=0) as writer:
        path.unlink()
        writer.write(b"2\n")
        machine.expect(b"1\n2\n")
        writer.write(b"the end")
        machine.expect(b"1\n2\nthe end")
    eventually(lambda: machine.collector.status() == [])
    machine.stop()
    assert b"a.log" not in (machine.root / "data/collect.json").read_bytes()


def test_a_symlink_that_is_pointed_elsewhere(machine: Any) -> None:
    machine.log("app/one.txt", b"1\n")
    machine.log("app/two.txt", b"2\n")
    link = machine.logs / "current.log"
    link.symlink_to("app/one.txt")
    machine.start()
    machine.expect(b"1\n")
    new = machine.logs / "new-link"
    new.symlink_to("app/two.txt")
    new.rename(link)
    machine.expect(b"1\n2\n")
    add(machine.logs / "app/two.txt", b"3\n")
    machine.expect(b"1\n2\n3\n")


def test_two_paths_to_one_file_are_one_source(machine: Any) -> None:
    path = machine.log("a.log", b"1\n")
    os.link(path, machine.logs / "hard.log")
    (machine.logs / "soft.log").symlink_to("a.log")
    machine.start()
    add(path, b"2\n")
    machine.expect(b"1\n2\n")
    assert len(machine.collector.status()) == 1


def test_equal_headers_do_not_confuse_two_files(machine: Any) -> None:
    header = b"#" * 2000 + b"\n"
    machine.log("a.log", header + b"a\n")
    machine.log("b.log", header + b"b\n")
    machine.start()
    machine.expect(header + b"a\n", "a.log")
    machine.expect(header + b"b\n", "b.log")


def test_what_is_not_a_regular_file_is_left_alone(machine: Any) -> None:
    os.mkfifo(machine.logs / "pipe.log")
    (machine.logs / "folder.log").mkdir()
    (machine.logs / "nowhere.log").symlink_to("missing")
    machine.log("a.log", b"1\n")
    machine.start()
    machine.expect(b"1\n")
    assert [s.name for s in machine.collector.status()] == [str(machine.logs / "a.log")]


def test_status_and_labels(machine: Any, eventually: Callable[..., None]) -> None:
    machine.log("nginx/access.log", b"GET /\n")
    machine.start()
    machine.expect(b"GET /\n")
    eventually(lambda: machine.status("access.log").state in (SourceState.IDLE, SourceState.ACTIVE))
    status = machine.status("access.log")
    assert (status.kind, status.size, status.offset, status.lag_bytes) == ("file", 6, 6, 0)
    assert dict(machine.sink.payloads[0].labels) == {
        "service_name": "nginx",
        "filename": "/var/log/nginx/access.log",
        "host": "h1",
        "source": "file",
    }


def test_first_bytes_are_those_that_were_read_whatever_stands_there_by_now(tmp_path: Path) -> None:
    """Truncated and written past our offset before we look: a copy is still found by its first bytes."""
    path = tmp_path / "app.log"
    path.write_bytes(b"one\n")
    fd = open_regular(str(path))
    found = Found(str(path), "text", "plain", {})
    file = TailedFile(fd, key_of(fd), found, Start("file:1:1:a", 0), 0.0)
    add(path, b"two\n")
    chunk = file.read(0.0, CollectSettings())
    assert chunk is not None
    assert chunk.data == b"one\ntwo\n"
    path.write_bytes(b"something else entirely\n")
    file.acknowledge()
    assert file.entry(0).head == fingerprint(b"one\ntwo\n")
    file.close()
