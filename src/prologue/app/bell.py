"""What a signal handler rings and a thread waits for.

A handler interrupts the main thread anywhere, inside another handler too. `threading.Event.set` takes a
lock: a second signal that comes while the first one's handler holds it waits for ever, and so does whoever
waits for the event. `timeout` sends its child two signals at once, and a server was once found that did
not end. `queue.SimpleQueue.put` is what the standard library has that may be interrupted by itself.
"""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue


class Bell:
    """`ring` it in a handler; `wait` for it in a thread. Rings that nobody waited for are one."""

    def __init__(self) -> None:
        self._rings: SimpleQueue[None] = SimpleQueue()

    def ring(self) -> None:
        self._rings.put(None)

    def wait(self) -> None:
        """Until it is rung, or at once if it was since the last `wait`."""
        self._rings.get()
        with suppress(Empty):
            while True:
                self._rings.get_nowait()
