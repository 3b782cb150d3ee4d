from __future__ import annotations

import errno
from pathlib import Path

import pytest

from prologue.buffer.filesystem import MAX_BUFFERS, FileSystem, make_directory, replace_file, write_all


class Grudging(FileSystem):
    """Takes at most `most` bytes at a time, as a kernel may."""

    def __init__(self, most: int) -> None:
        self.most = most

    def write(self, fd, buffers, offset):
        assert len(buffers) <= MAX_BUFFERS
        return super().write(fd, [b"".join(buffers)[: self.most]], offset)


@pytest.mark.parametrize("most", [1, 2, 3, 7, 1000, 1 << 20])
def test_write_all_survives_short_writes(tmp_path: Path, most: int) -> None:
    filesystem = Grudging(most)
    buffers = [b"", b"a", b"bc" * 50, memoryview(b"def"), b"", b"g" * 200]
    fd = filesystem.create(tmp_path / "f")
    end = write_all(filesystem, fd, buffers, 0)
    filesystem.close(fd)
    assert (tmp_path / "f").read_bytes() == b"".join(buffers)
    assert end == len(b"".join(buffers))


def test_write_all_takes_more_buffers_than_one_call_can(tmp_path: Path) -> None:
    filesystem = FileSystem()
    buffers = [b"%06d" % number for number in range(3 * MAX_BUFFERS + 1)]
    fd = filesystem.create(tmp_path / "f")
    write_all(filesystem, fd, buffers, 0)
    filesystem.close(fd)
    assert (tmp_path / "f").read_bytes() == b"".join(buffers)


def test_a_write_that_takes_nothing_is_an_error_not_a_loop(tmp_path: Path) -> None:
    filesystem = Grudging(0)
    fd = filesystem.create(tmp_path / "f")
    with pytest.raises(OSError, match="took no byte"):
        write_all(filesystem, fd, [b"x"], 0)
    filesystem.close(fd)


def test_create_refuses_an_existing_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        FileSystem().create(tmp_path / "f")


def test_replace_file_is_synced_before_it_is_renamed(tmp_path: Path, faulty) -> None:
    replace_file(faulty, tmp_path / "f", [b"one", b"two"])
    assert (tmp_path / "f").read_bytes() == b"onetwo"
    order = [call for call in faulty.calls if call in {"sync", "rename", "sync_directory"}]
    assert order == ["sync", "rename", "sync_directory"]


@pytest.mark.parametrize("call", ["create", "write", "sync", "rename"])
def test_replace_file_leaves_the_old_content_when_it_fails(tmp_path: Path, faulty, call: str) -> None:
    (tmp_path / "f").write_bytes(b"old")
    faulty.fail[call] = errno.EIO
    with pytest.raises(OSError, match="injected EIO"):
        replace_file(faulty, tmp_path / "f", [b"new"])
    assert (tmp_path / "f").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f"]


def test_a_new_directory_is_durable_with_its_parents(tmp_path: Path) -> None:
    synced: list[Path] = []

    class Watched(FileSystem):
        def sync_directory(self, path: Path) -> None:
            synced.append(path)
            super().sync_directory(path)

    make_directory(Watched(), tmp_path / "a" / "b" / "c")
    assert sorted(synced) == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]
    make_directory(Watched(), tmp_path / "a" / "b" / "c")
    assert len(synced) == 3
