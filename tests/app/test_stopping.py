"""A stop ends in time even where something in it never ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.server import ServerProcess
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


# Wherever a handler is, the same signal comes once more.
INTERRUPTED = """
import signal, sys
from prologue.app.hangup import Reload
from prologue.app.stopping import Stop

def again(frame, event, _):
    signal.raise_signal(number)
    return again

with Stop(60.0), Reload(lambda: None):
    for number in (signal.SIGTERM, signal.SIGHUP):
        sys.settrace(again)
        signal.raise_signal(number)
        sys.settrace(None)
print("done")
"""


def test_a_signal_may_interrupt_the_handler_of_another():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], check=False, capture_output=True, text=True, timeout=30
    )
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_many_signals_are_one_stop(tmp_path: Path) -> None:
    """As process groups and `timeout` send them."""
    server = ServerProcess(tmp_path / "data").start()
    for number in (signal.SIGHUP, signal.SIGTERM):
        for _ in range(1000):
            os.kill(server.pid, number)
    assert server.stop() == 0


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
