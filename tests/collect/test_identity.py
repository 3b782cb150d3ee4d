"""Fingerprints: equal headers, reused inodes and holes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prologue.collect.identity import (
    CONTEXT_BYTES,
    HEAD_BYTES,
    context_before,
    fingerprint,
    is_same_content,
    new_source,
    open_regular,
    start_of_data,
)

BODY = b"".join(b"line %05d\n" % number for number in range(1000))

CHANGES = {
    "nothing": (BODY, True),
    "grown": (BODY + b"more\n", True),
    "shorter than the offset": (BODY[:4999], False),
    "shorter, but not than the offset": (BODY[:5000], True),
    "another head": (b"X" + BODY[1:], False),
    "equal head, another context": (BODY[:4990] + b"X" * 10 + BODY[5000:], False),
    "changed only where nothing was read": (BODY[:5000] + b"X" * 5000, True),
}


@pytest.mark.parametrize(("now", "same"), CHANGES.values(), ids=CHANGES)
def test_is_same_content(tmp_path: Path, now: bytes, same: bool) -> None:
    path = tmp_path / "a"
    path.write_bytes(BODY)
    fd = open_regular(str(path))
    head, context = fingerprint(os.pread(fd, HEAD_BYTES, 0)), fingerprint(context_before(fd, 5000))
    assert (head.length, context.length) == (HEAD_BYTES, CONTEXT_BYTES)
    path.write_bytes(now)
    assert is_same_content(fd, 5000, head, context) is same
    os.close(fd)


def test_a_short_file_is_known_by_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    fd = open_regular(str(path))
    head, context = fingerprint(os.pread(fd, HEAD_BYTES, 0)), fingerprint(context_before(fd, 3))
    path.write_bytes(b"abcdef")
    assert is_same_content(fd, 3, head, context)
    path.write_bytes(b"abXdef")
    assert not is_same_content(fd, 3, head, context)
    os.close(fd)


def test_no_two_incarnations_share_a_name() -> None:
    names = {new_source((1, 2)) for _ in range(1000)}
    assert len(names) == 1000
    assert all(name.startswith("file:1:2:") for name in names)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["fifo", "folder"])
def test_only_regular_files_are_opened(tmp_path: Path, make: object) -> None:
    make(tmp_path / "x")  # type: ignore[operator]
    with pytest.raises(IsADirectoryError):
        open_regular(str(tmp_path / "x"))


@pytest.mark.parametrize("hole", [0, 1, 100, 4096, 5000, 1 << 20])
def test_start_of_data(tmp_path: Path, hole: int) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.seek(hole)
        file.write(b"data\n")
    fd = open_regular(str(path))
    assert start_of_data(fd, 0) == hole
    os.close(fd)
