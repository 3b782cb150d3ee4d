"""Producers: lines of the oracle by every way in, until they are stopped.

A push that is refused or broken off is not sent again: sending it again would be the sender's choice to
have it at least once, and here repetitions must show.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.process.oracle import Oracle, line_of
from tests.process.ways_in import Answer, WayIn


class Producers:
    """Threads that push, and one that writes a log file the server collects.

    `ways` are opened once in each thread. A line in the file is acknowledged when it is written: from then on
    it is the server's duty.
    """

    def __init__(
        self, ways: Sequence[Callable[[], WayIn]], log: Path, oracle: Oracle, *, seed: int, threads: int = 2
    ) -> None:
        self._ways = ways
        self._log = log
        self._oracle = oracle
        self._stopping = threading.Event()
        self.acknowledged = self.refused = 0  # pushes
        self.failure: str | None = None
        dice = random.Random(seed)
        work = [(self._push, random.Random(dice.random())) for _ in range(threads)]
        work.append((self._write, random.Random(dice.random())))
        self._threads = [threading.Thread(target=run, args=(own,), daemon=True) for run, own in work]

    def __enter__(self) -> Producers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self._threads)
        assert self.failure is None, self.failure

    def _push(self, dice: random.Random) -> None:
        ways = [open_way() for open_way in self._ways]
        try:
            while not self._stopping.is_set():
                ids = self._oracle.take(dice.randrange(1, 100))
                answer = dice.choice(ways).send(ids, dice)
                if answer is Answer.TAKEN:
                    self._oracle.acknowledge(ids)
                    self.acknowledged += 1
                    self._stopping.wait(dice.random() * 0.1)
                elif answer is Answer.WAIT:
                    self.refused += 1
                    self._stopping.wait(0.1)
                else:
                    self._stopping.wait(0.2)  # the server is dead; the fault starts it again
        except AssertionError as error:
            self.failure = str(error)
        finally:
            for way in ways:
                way.close()

    def _write(self, dice: random.Random) -> None:
        """Lines into the log, in pieces that do not end where lines end; it may be rotated meanwhile."""
        while not self._stopping.is_set():
            ids = self._oracle.take(dice.randrange(1, 50))
            data = "".join(f"{line_of(found)}\n" for found in ids).encode()
            cut = dice.randrange(len(data))
            descriptor = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                for piece in (data[:cut], data[cut:]):
                    os.write(descriptor, piece)
            finally:
                os.close(descriptor)
            self._oracle.acknowledge(ids)
            self._stopping.wait(dice.random() * 0.1)
