"""Telling how far the store is with what an earlier process left in the buffer.

A start serves at once and replays beside it, so what is asked meanwhile may lack the newest lines: whoever
started it sees a bar on a terminal, and lines in the log elsewhere, until the last of them is stored.

Next chapter: `prologue.pipeline.ingest`, which does it.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

import click

from prologue.buffer.settings import Backlog

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.2
_LOOKS_A_LINE = 25  # in the log: a line in five seconds
_MIB = 1 << 20


class Replay:
    """A thread that watches `left`, what is not stored yet of an earlier process's segments.

    `wait(seconds)` answers True once it is to end; tests put their own in.
    """

    def __init__(
        self,
        left: Callable[[], Backlog],
        *,
        terminal: TextIO | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._left = left
        self._out = terminal if terminal is not None else sys.stderr
        self._monotonic = monotonic
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._thread = threading.Thread(target=self.watch, name="replay", daemon=True)

    def __enter__(self) -> Replay:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def watch(self) -> None:
        """Tell until nothing is left."""
        whole = self._left()
        if not whole.segments:
            return
        began = self._monotonic()
        done = self._bar(whole) if self._out.isatty() else self._lines(whole)
        if done:
            logger.info(
                "replayed what an earlier process left: %d batches, %.1f MiB, in %.1f s",
                whole.segments,
                whole.bytes / _MIB,
                self._monotonic() - began,
            )

    def _bar(self, whole: Backlog) -> bool:
        shown = 0
        with click.progressbar(
            length=whole.bytes, label=f"  replaying {whole.bytes / _MIB:.1f} MiB", file=self._out
        ) as bar:
            while (left := self._left()).segments:
                bar.update(whole.bytes - left.bytes - shown)
                shown = whole.bytes - left.bytes
                if self._wait(_LOOK_SECONDS):
                    return False
            bar.update(whole.bytes - shown)
        return True

    def _lines(self, whole: Backlog) -> bool:
        looks = 0
        while (left := self._left()).segments:
            if looks % _LOOKS_A_LINE == 0:
                logger.info(
                    "replaying what an earlier process left: %d of %d batches are stored, %.1f of %.1f MiB",
                    whole.segments - left.segments,
                    whole.segments,
                    (whole.bytes - left.bytes) / _MIB,
                    whole.bytes / _MIB,
                )
            looks += 1
            if self._wait(_LOOK_SECONDS):
                return False
        return True
