"""`prologue up`: wrong settings are told before anything starts. (A server that runs: tests/process.)"""

from __future__ import annotations

import socket
from pathlib import Path

from tests.cli.conftest import Run


def test_a_wrong_setting_is_code_2_and_starts_nothing(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = run("up", "--data-dir", str(data), PROLOGUE_HTTP__LISEN="x")
    assert done.returncode == 2
    assert done.stderr == (
        "prologue: the environment sets PROLOGUE_HTTP__LISEN, which names no setting;"
        " did you mean PROLOGUE_HTTP__LISTEN?\n"
    )
    assert not data.exists()


def test_a_taken_port_is_code_2_with_the_cure(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run("up", "--listen", listen, "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 2
    assert done.stderr.startswith(f"prologue: cannot listen on {listen}: Address already in use")
    assert "--listen" in done.stderr
