from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prologue.buffer.lock import FILE_NAME, DirectoryLock
from prologue.model.errors import ConfigError

HOLD = """
import sys
from pathlib import Path
from prologue.buffer.lock import DirectoryLock
lock = DirectoryLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_process_is_told_who_holds_it_and_what_to_do(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ConfigError) as caught:
            DirectoryLock(tmp_path)
        assert f"process {holder.pid}" in caught.value.message
        assert "--data-dir" in caught.value.cure
        holder.kill()
        holder.wait()
    DirectoryLock(tmp_path).release()  # the kernel freed it with the process


def test_it_is_exclusive_within_a_process_too_and_can_be_taken_again(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path)
    with pytest.raises(ConfigError, match=str(os.getpid())):
        DirectoryLock(tmp_path)
    lock.release()
    DirectoryLock(tmp_path).release()


def test_a_longer_number_of_an_earlier_holder_does_not_show_through(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"99999999999999\n")
    lock = DirectoryLock(tmp_path)
    assert (tmp_path / FILE_NAME).read_text() == f"{os.getpid()}\n"
    lock.release()
