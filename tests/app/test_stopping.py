"""A stop ends in time even where something in it never ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.stored import stored_bodies

# The real program, with one step of the stop (or of the start) that hangs as a dead disk would make it.
HANGING = """
import sys, threading
from pathlib import Path
from prologue.app import node, up
from prologue.config.settings import Collect, Http, Settings

def hang(*_, **__):
    print("hanging", flush=True)
    threading.Event().wait()

place = {"drain": node.Node, "close": node.Node, "_bind_gauges": node.Node}[sys.argv[2]]
setattr(place, sys.argv[2], hang)
up.run(Settings(data_dir=Path(sys.argv[1]), http=Http(listen="127.0.0.1:0", shutdown_timeout=0.0),
                collect=Collect(enabled=False)))
"""


@pytest.mark.parametrize("step", ["drain", "close", "_bind_gauges"])
def test_a_stop_that_hangs_ends_in_time_and_loses_nothing(tmp_path: Path, step: str) -> None:
    data = tmp_path / "data"
    process = subprocess.Popen(
        [sys.executable, "-c", HANGING, str(data), step],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        if step != "_bind_gauges":
            url = first.split()[-1].rstrip("/")
            assert httpx.post(f"{url}/insert/lines?app=x", content="kept", timeout=30).status_code == 204
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "not stopped in order within 5 s" in said
    buffered = b"".join(path.read_bytes() for path in (data / "buffer").glob("*") if path.is_file())
    if step != "_bind_gauges":
        assert b"kept" in buffered or stored_bodies(data) == {"kept": 1}
