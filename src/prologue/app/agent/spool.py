"""A disk spool for sources that cannot wait: standard input, commands, sockets, events.

It is the server's own disk buffer in a small size: what is in it survives kill -9 and loss of power, and
travels on when the endpoint takes it. Every process of a folder has a spool of its own, so that
`app | prologue agent --stdin` may run many times at once; `prologue.app.agent.adopt` takes over what a
process left behind.

Next chapter: `prologue.ship.forward`.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from pathlib import Path

from prologue.buffer.disk import DiskBuffer
from prologue.buffer.settings import BufferSettings
from prologue.model.errors import PrologueError
from prologue.model.payload import PayloadSink
from prologue.ship.forward import Forwarder

logger = logging.getLogger(__name__)

SEGMENT_BYTES = 1 << 20
SEAL_AFTER = 0.05
RESERVE_BYTES = 64 * 1024


class Spool:
    """One spool and what carries it on. `sink` is where its sources put their payloads."""

    def __init__(self, folder: Path, to: PayloadSink, max_bytes: int) -> None:
        self._folder = folder
        self.sink = DiskBuffer(
            folder,
            BufferSettings(
                max_bytes=max(max_bytes, SEGMENT_BYTES),
                segment_bytes=SEGMENT_BYTES,
                seal_after=SEAL_AFTER,
                reserve_bytes=RESERVE_BYTES,
            ),
        )
        self._forwarder = Forwarder(self.sink, to, folder.name)
        self._forwarder.start()

    @property
    def held_bytes(self) -> int:
        """What is durable here and not shipped yet."""
        return self.sink.stats().bytes

    def drain(self, timeout: float) -> bool:
        """Wait until all is shipped, for at most `timeout` seconds; whether it is."""
        deadline = time.monotonic() + timeout
        try:
            self.sink.flush(max(0.05, timeout))
        except PrologueError as error:
            logger.warning("the spool could not be flushed: %s", error.message)
        pause = threading.Event()
        while self.held_bytes and time.monotonic() < deadline:
            pause.wait(0.02)
        return not self.held_bytes

    def close(self) -> None:
        """Let go; an empty spool's folder is removed, any other is for the next process."""
        self._forwarder.stop(0.5)
        if self.sink.close() == 0:
            shutil.rmtree(self._folder, ignore_errors=True)


def new_spool(folder: Path, to: PayloadSink, max_bytes: int) -> Spool:
    """A spool of this process's own below `folder`."""
    return Spool(folder / secrets.token_hex(8), to, max_bytes)
