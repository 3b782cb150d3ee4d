"""From a durable queue to a sink: what a spool holds travels on, in order, and is released when it arrived.

A segment is released only after every payload in it was acknowledged; after a crash it is handed out
again, and what had arrived already is known by its position.

Next chapter: `prologue.app.agent.spool`, which owns the queue.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from prologue.model.errors import PayloadTooLarge, PositionConflict, PrologueError
from prologue.model.payload import Payload, PayloadSink, PayloadSource, Segment, SourcePosition

logger = logging.getLogger(__name__)

TAKE_SECONDS = 0.2
PAUSE_SECONDS = 1.0


class Forwarder:
    """Moves segments in a thread of its own from `start` to `stop`. `before` may delay a payload."""

    def __init__(
        self,
        source: PayloadSource,
        sink: PayloadSink,
        before: Callable[[Payload], None] | None = None,
    ) -> None:
        self._source = source
        self._sink = sink
        self._before = before
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool-forward", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Take no further segment; whether the last one was done within `timeout` seconds."""
        self._stopping.set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            segment = self._source.take(TAKE_SECONDS)
            if segment is not None:
                self._move(segment)

    def _move(self, segment: Segment) -> None:
        """Try until the segment arrived and is released, or a stop comes."""
        while True:
            try:
                self._send(segment)
                self._source.release(segment)
                return
            except PrologueError as error:
                logger.warning("spooled lines are not shipped yet: %s", error.message)
            if self._stopping.wait(PAUSE_SECONDS):
                return

    def _send(self, segment: Segment) -> None:
        """Everything in the segment is acknowledged when this returns. Raises `PrologueError`."""
        left = deque(segment.payloads())
        while left:
            futures = []
            for payload in left:
                if self._before is not None:
                    self._before(payload)
                futures.append(self._sink.append(payload))
            again: deque[Payload] = deque()
            for payload, future in zip(left, futures, strict=True):
                try:
                    future.result()
                except PositionConflict as conflict:
                    again.extend(_after(payload, conflict.resume_at))
                except PayloadTooLarge as error:
                    again.extend(_halves(payload, error))
            left = again


def _after(payload: Payload, held: int) -> list[Payload]:
    """What of the payload the sink does not hold yet; positions of spooled payloads are byte offsets."""
    position = payload.position
    if position is None or held >= position.end:
        return []
    if held <= position.start:
        return [payload]
    rest = SourcePosition(position.source, held, position.end)
    return [replace(payload, data=payload.data[held - position.start :], position=rest, records=0)]


def _halves(payload: Payload, error: PayloadTooLarge) -> list[Payload]:
    """The payload in two, cut after a line where there is one. Raises the error where it cannot be cut."""
    data, position = bytes(payload.data), payload.position
    if position is None or len(data) < 2:
        raise error
    middle = len(data) // 2
    at = data.find(b"\n", middle) + 1 or data.rfind(b"\n", 0, middle) + 1
    at = at if 0 < at < len(data) else middle
    first = SourcePosition(position.source, position.start, position.start + at)
    second = SourcePosition(position.source, position.start + at, position.end)
    return [
        replace(payload, data=data[:at], position=first, records=0),
        replace(payload, data=data[at:], position=second, records=0),
    ]
