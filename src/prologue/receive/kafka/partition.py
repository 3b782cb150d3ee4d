"""One partition on its way into the buffer: what was offered, what is durable, where to go on.

Each payload carries its position in the partition, so the buffer stores no message twice, whatever is
read again. The name of the source holds the topic's id: a topic that was deleted and made anew begins at
offset 0 and is another source. It holds the group too, so that a new group reads everything again, which
is what one is made for.

Next chapter: `prologue.buffer.positions`, which decides what is new.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, replace

from prologue.model.errors import PositionConflict, PrologueError
from prologue.model.payload import PayloadSink, Receipt, SourcePosition
from prologue.receive.kafka.formats import Piece

_STALE_TRIES = 3


@dataclass(frozen=True, slots=True)
class Offered:
    """A payload that was given to the sink, or what had no record and needs none (`future` is None)."""

    start: int
    end: int
    size: int
    records: int
    future: Future[Receipt] | None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What has become durable since it was asked last."""

    records: int = 0
    size: int = 0


class Partition:
    """Not thread-safe: the source's thread owns it.

    `held` is the offset up to which everything is durable, `committed` what Kafka was told of it, `next`
    the first offset that was not offered; each -1 where it is not known. Payloads cover offsets without a
    gap, so that one that no message has any more (compaction, transactions) is not waited for.
    """

    def __init__(self, sink: PayloadSink, source: str, held: int = -1, committed: int = -1) -> None:
        self.source = source
        self.held = self.next = held
        self.committed = committed
        self.failure: PrologueError | None = None
        self._sink = sink
        self._offered: deque[Offered] = deque()
        self._ceiling = -1
        self._stale = 0

    @property
    def inflight_bytes(self) -> int:
        return sum(offered.size for offered in self._offered)

    @property
    def settled(self) -> bool:
        """Whether nothing is under way any more."""
        return all(offered.future is None or offered.future.done() for offered in self._offered)

    def is_stale(self, first: int) -> bool:
        """Whether messages that begin at `first` were on their way when this was rewound.

        To take them would leave out what is to be read again. Three times, then the messages between are
        gone from the topic indeed.
        """
        stale = 0 <= self._ceiling <= first and self._stale < _STALE_TRIES
        self._stale = self._stale + 1 if stale else 0
        if not stale:
            self._ceiling = -1
        return stale

    def offer(self, piece: Piece, end: int) -> None:
        """Gives the messages from `next` up to offset `end` to the sink; does nothing after a failure."""
        if self.failure is not None or end <= self.next:
            return
        start, future, size = self.next, None, 0
        if piece.payload is not None:
            payload = replace(piece.payload, position=SourcePosition(self.source, start, end))
            try:
                future, size = self._sink.append(payload), len(payload.data)
            except PrologueError as error:
                self.failure = error
                return
        self._offered.append(Offered(start, end, size, piece.records, future))
        self.next = end

    def collect(self) -> Acknowledged:
        """Moves `held` over everything that is durable from there on; notes the first failure."""
        records = size = 0
        while self._offered:
            first = self._offered[0]
            if first.future is not None:
                if not first.future.done():
                    break
                error = first.future.exception()
                if error is not None:
                    self.failure = self.failure or _ours(error)
                    break
            self._offered.popleft()
            self.held = first.end
            records, size = records + first.records, size + first.size
        return Acknowledged(records, size)

    def rewind(self) -> int:
        """Forgets what failed and answers the offset to read from. Call it once `settled` and collected.

        What the sink refused is a hole to it, and it refuses what follows, so nothing behind the first
        failure can be durable. Where the sink says from where it wants to read, that is it.
        """
        resume = self._offered[0].start if self._offered else self.next
        if isinstance(self.failure, PositionConflict):
            resume = self.failure.resume_at
        else:
            resume = max(resume, self._sink.durable_position(self.source))
        self._offered.clear()
        self.failure = None
        if self.next > resume:
            self._ceiling = max(self.next, self._ceiling)
        self.next = resume
        return resume


def _ours(error: BaseException) -> PrologueError:
    return error if isinstance(error, PrologueError) else PrologueError(f"{type(error).__name__}: {error}")
