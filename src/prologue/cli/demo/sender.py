"""Pushes the estate's lines to a server: the past as fast as it takes them, the present as it comes.

A server that pushes back (429) or is away for a moment is asked again; nothing of the story is lost
unless an answer is lost on its way nothing is sent twice, because a push is all or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from prologue.cli.demo.simulator import Batch, Line, Simulator
from prologue.cli.demo.story import SECOND
from prologue.model.errors import BufferFull, TemporaryError

LINES_PER_PUSH = 20_000
"""About 6 MB: far below every limit of a body, far above the cost of a request."""

ATTEMPTS = 5
LIVE_EVERY = 0.5
"""Seconds between pushes of the present."""


class Pusher(Protocol):
    """What the sender needs of a client."""

    def push(self, streams: list[tuple[dict[str, str], list[Line]]]) -> None: ...


class Sender:
    """Pushes batches. `pause(seconds)` waits: pass `time.sleep`."""

    def __init__(self, client: Pusher, *, pause: Callable[[float], None]) -> None:
        self._client = client
        self._pause = pause
        self.sent = 0

    def send(self, batch: Batch) -> None:
        """Push a batch. Raises TemporaryError when the server stays away."""
        failures = 0
        while batch.lines:
            try:
                self._client.push(batch.streams)
                self.sent += batch.lines
                return
            except BufferFull as error:
                # The server asks for patience, as often as it likes: that is back-pressure.
                self._pause(error.retry_after)
            except TemporaryError:
                failures += 1
                if failures == ATTEMPTS:
                    raise
                self._pause(failures)


def backfill(simulator: Simulator, start: int, end: int, rate: float) -> Iterator[Batch]:
    """The past in batches of about `LINES_PER_PUSH`, merged over short windows."""
    width = max(SECOND, round(LINES_PER_PUSH / rate) * SECOND)
    for begin in range(start, end, width):
        yield simulator.window(begin, min(begin + width, end))


def live(
    simulator: Simulator, start: int, clock: Callable[[], int], wait: Callable[[float], None]
) -> Iterator[Batch]:
    """The present, window after window, for ever. `clock` answers Unix ns."""
    while True:
        wait(LIVE_EVERY)
        end = clock()
        if end > start:
            yield simulator.window(start, end)
            start = end
