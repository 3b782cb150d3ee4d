"""Files that were compressed while nobody watched: the unread rest comes out of the archive, once."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prologue.collect.compressed import PIECE, candidates, pieces
from tests.collect.test_kill import Life, stored, stored_safely
from tests.collect.test_rotation import Logrotate, numbered

PACKERS = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst"}
COMPRESS = "create\n  compress\n  nodelaycompress"


def add(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def read_and_stop(machine: Any, lines: int = 500) -> Path:
    """A log whose first `lines` are stored; the collector is stopped."""
    path: Path = machine.log("app.log", numbered(0, lines))
    machine.start()
    machine.expect(numbered(0, lines))
    machine.stop()
    return path


def settled(machine: Any, eventually: Callable[..., None]) -> None:
    """A line written now has arrived, and everything else that is known of."""
    marker = machine.log("marker.log", b"marker\n")
    eventually(lambda: machine.sink.bytes_of("marker.log"))
    marker.unlink()
    eventually(lambda: not [s for s in machine.collector.status() if s.acked < s.size])


@pytest.mark.parametrize("style", ["create", "copytruncate"])
@pytest.mark.parametrize("packer", PACKERS)
def test_logrotate_compresses_while_stopped(
    machine: Any, tmp_path: Path, eventually: Callable[..., None], packer: str, style: str
) -> None:
    assert shutil.which(packer), f"{packer} is not installed"
    path = read_and_stop(machine)
    add(path, numbered(500, 20_000))
    options = (
        f"{style}\n  compress\n  nodelaycompress\n  compresscmd {packer}\n  compressext {PACKERS[packer]}"
    )
    if packer == "zstd":
        options += "\n  compressoptions -q"
    assert Logrotate(tmp_path / "rotate", path, options).run()
    assert path.with_name("app.log.1" + PACKERS[packer]).exists()
    add(path, numbered(20_500, 10))
    machine.start()
    eventually(lambda: len(machine.sink.lines()) >= 20_510)
    settled(machine, eventually)
    assert sorted(machine.sink.lines("app.log")) == numbered(0, 20_510).splitlines(keepends=True)
    assert machine.collector.totals().lost_bytes == 0
    old = machine.sink.payloads[0].position.source
    assert machine.sink.positions[old] == 20_500 * 12
    assert {p.labels["filename"] for p in machine.sink.payloads} == {
        "/var/log/app.log",
        "/var/log/marker.log",
    }


def test_what_was_read_to_its_end_is_not_read_again(
    machine: Any, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    path = read_and_stop(machine)
    assert Logrotate(tmp_path / "rotate", path, COMPRESS).run()
    for _ in range(2):
        machine.start(deleted_wait_s=0.2)
        settled(machine, eventually)
        eventually(lambda: len(machine.collector.status()) == 1, "the archive's file is let go")
        assert machine.sink.bytes_of("app.log") == numbered(0, 500)
        assert machine.collector.totals().lost_bytes == 0
        machine.stop()


def test_the_archive_is_found_two_rotations_later(
    machine: Any, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    path = read_and_stop(machine)
    add(path, numbered(500, 100))
    rotate = Logrotate(tmp_path / "rotate", path, "create\n  compress\n  delaycompress")
    assert rotate.run()
    add(path, numbered(600, 100))
    assert rotate.run()
    assert path.with_name("app.log.2.gz").exists()
    machine.start()
    eventually(lambda: len(machine.sink.lines()) >= 700)
    settled(machine, eventually)
    assert sorted(machine.sink.lines("app.log")) == numbered(0, 700).splitlines(keepends=True)


def test_the_rest_keeps_its_labels_where_another_log_has_the_inode_now(
    machine: Any, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    path = read_and_stop(machine)
    add(path, numbered(500, 100))
    assert Logrotate(tmp_path / "rotate", path, COMPRESS.replace("create", "nocreate")).run()
    other = machine.log("other.log", b"other\n")
    book = machine.root / "data/collect.json"
    document = json.loads(book.read_text())
    document["files"][0]["inode"] = other.stat().st_ino
    book.write_text(json.dumps(document))
    machine.start()
    settled(machine, eventually)
    machine.expect(numbered(0, 600), "app.log")
    machine.expect(b"other\n", "other.log")


def test_an_archive_of_another_file_is_left_alone(machine: Any, eventually: Callable[..., None]) -> None:
    """One differs at once, one only just before the offset, one is shorter than what was read."""
    path = read_and_stop(machine)
    path.unlink()
    others = (numbered(9000, 900), numbered(0, 480) + numbered(9000, 900), numbered(0, 400))
    for number, content in enumerate(others):
        path.with_name(f"app.log.{number}.gz").write_bytes(gzip.compress(content))
    machine.start()
    settled(machine, eventually)
    assert machine.sink.bytes_of("app.log") == numbered(0, 500)
    assert machine.collector.problems() == ()
    assert machine.collector.totals().lost_bytes == 0


def test_a_damaged_archive_gives_what_is_before_the_damage_and_is_told(
    machine: Any, eventually: Callable[..., None]
) -> None:
    path = read_and_stop(machine)
    whole = numbered(0, 500) + b"".join(b"%s\n" % os.urandom(40).hex().encode() for _ in range(8000))
    packed = gzip.compress(whole)
    path.unlink()
    path.with_name("app.log.1.gz").write_bytes(packed[: len(packed) * 3 // 4])
    machine.start(deleted_wait_s=0.2)
    eventually(lambda: len(machine.sink.bytes_of("app.log")) > 500 * 12 + PIECE)
    settled(machine, eventually)
    eventually(lambda: len(machine.collector.status()) == 1, "the archive's file is let go")
    got = machine.sink.bytes_of("app.log")
    assert whole.startswith(got)
    assert len(got) > len(whole) // 2
    problems = machine.collector.problems()
    assert len(problems) == 1, problems
    problem = problems[0]
    assert "app.log.1.gz" in problem
    assert "is damaged" in problem
    assert f"after {len(got)} bytes" in problem


def test_what_a_damaged_archive_is_known_to_have_held_counts_as_lost(
    machine: Any, eventually: Callable[..., None]
) -> None:
    """The file was seen with 60,000 bytes, of which only the first 4096 were acknowledged."""
    whole = numbered(0, 5000)
    path = machine.log("app.log", whole)
    machine.sink.on_append = lambda p: None if p.position.start == 0 else OSError("full")
    machine.start(chunk_bytes=4096)
    eventually(lambda: machine.sink.payloads and machine.status("app.log").acked)
    assert not machine.collector.stop(0.5)
    machine.collector = None
    machine.sink.on_append = lambda _payload: None
    path.unlink()
    packed = gzip.compress(whole, 1)
    path.with_name("app.log.1.gz").write_bytes(packed[: len(packed) // 2])
    machine.start()
    settled(machine, eventually)
    got = machine.sink.bytes_of("app.log")
    assert 4096 < len(got) < len(whole)
    assert whole.startswith(got)
    assert machine.collector.totals().lost_bytes == len(whole) - len(got)


def test_an_archive_damaged_before_the_offset_is_told_with_the_cure(
    machine: Any, eventually: Callable[..., None]
) -> None:
    path = read_and_stop(machine, 200_000)
    packed = gzip.compress(numbered(0, 210_000), 1)
    path.unlink()
    path.with_name("app.log.1.gz").write_bytes(packed[: len(packed) // 2])
    machine.start()
    settled(machine, eventually)
    assert machine.sink.bytes_of("app.log") == numbered(0, 200_000)
    problems = machine.collector.problems()
    assert len(problems) == 1, problems
    problem = problems[0]
    assert "may hold the rest of" in problem
    assert "restore it from a backup" in problem


def test_a_crash_in_the_middle_of_the_archive(
    machine: Any, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    path = read_and_stop(machine)
    add(path, numbered(500, 20_000))
    assert Logrotate(tmp_path / "rotate", path, COMPRESS).run()
    stopped_at = 100_000
    for _ in range(2):
        limit = stopped_at
        machine.sink.on_append = lambda p, limit=limit: OSError("no") if p.position.start > limit else None
        machine.start(chunk_bytes=4096)
        eventually(lambda limit=limit: len(machine.sink.bytes_of()) >= limit)
        assert not machine.collector.stop(0.1)
        machine.collector = None
        stopped_at += 50_000
    machine.sink.on_append = lambda _payload: None
    machine.start()
    machine.expect(numbered(0, 20_500))


def test_kill_in_the_middle_of_the_archive(tmp_path: Path, eventually: Callable[..., None]) -> None:
    """kill -9, three times, each at another place in the archive."""
    log = tmp_path / "var/log/app.log"
    log.parent.mkdir(parents=True)
    sink = tmp_path / "sink"
    sink.touch()
    log.write_bytes(numbered(0, 300))
    life = Life(tmp_path, "lines")
    try:
        eventually(lambda: len(stored_safely(sink)) >= 300 and "app.log" in checkpoint(tmp_path))
    finally:
        life.kill()
    add(log, numbered(300, 30_000))
    assert Logrotate(tmp_path / "rotate", log, COMPRESS).run()
    add(log, numbered(30_300, 50))
    for wanted in (20_000, 90_000, 200_000, 0):
        life = Life(tmp_path, "lines")
        try:
            if wanted:
                eventually(lambda wanted=wanted: sink.stat().st_size >= wanted)
            else:
                eventually(lambda: len(stored_safely(sink)) >= 30_350)
        finally:
            life.kill()
    assert sorted(stored(sink)) == numbered(0, 30_350).splitlines(keepends=True)
    assert {p.name for p in (tmp_path / "data").iterdir()} <= {"collect.json", "collect.new"}


def checkpoint(root: Path) -> str:
    path = root / "data/collect.json"
    return path.read_text() if path.exists() else ""


def test_no_room_to_unpack_is_told_and_tried_again(
    machine: Any, tmp_path: Path, eventually: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from prologue.collect import compressed

    path = read_and_stop(machine)
    add(path, numbered(500, 1000))
    assert Logrotate(tmp_path / "rotate", path, COMPRESS).run()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(compressed, "_write", full)
        machine.start()
        assert any("make room" in problem for problem in machine.collector.problems())
        machine.stop()
    machine.start()
    machine.expect(numbered(0, 1500))


@pytest.mark.parametrize("packer", PACKERS)
def test_archives_are_unpacked_in_bounded_pieces_through_every_member(tmp_path: Path, packer: str) -> None:
    data = bytes(5 * PIECE) + b"end"
    command = [packer, "-c", "-q"] if packer != "gzip" else [packer, "-c"]
    member = subprocess.run(command, input=data, capture_output=True, check=True).stdout
    path = tmp_path / ("a" + PACKERS[packer])
    path.write_bytes(member * 2)
    with path.open("rb") as archive:
        got = list(pieces(str(path), archive))
    assert b"".join(got) == data * 2
    assert max(map(len, got)) <= PIECE


def test_only_archives_of_the_family_that_are_young_enough(tmp_path: Path) -> None:
    for name in (
        "app.log.1.gz",
        "app-20260101.log.xz",
        "app.log.zst",
        "b.log.1.gz",
        "app.log.2",
        "app.log.3.gz",
    ):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000, 1000))
    os.utime(tmp_path / "app.log.3.gz", (900, 900))
    found = {Path(path).name for path in candidates(str(tmp_path / "app.log"), 1000 * 10**9)}
    assert found == {"app.log.1.gz", "app-20260101.log.xz", "app.log.zst"}
