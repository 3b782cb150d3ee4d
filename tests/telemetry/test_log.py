"""The server's own log."""

from __future__ import annotations

import subprocess
import sys

_LOGGED = """
import logging
from prologue.telemetry.log import set_up
set_up()
log = logging.getLogger("uvicorn.error")
log.error("ASGI callable returned without completing handshake.")
log.error("something else")
"""


def test_a_socket_that_was_refused_is_no_error_of_the_server():
    done = subprocess.run(
        [sys.executable, "-c", _LOGGED], capture_output=True, text=True, timeout=60, check=True
    )
    assert [line.rpartition(": ")[2] for line in done.stderr.splitlines()] == ["something else"]
