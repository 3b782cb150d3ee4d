"""From a durable queue to a sink: what a spool holds travels on, in order, and is released when it arrived.

A segment is released only after every payload in it was acknowledged; after a crash it is handed out
again, and what had arrived already is known by its position.

Next chapter: `prologue.app.agent.spool`, which owns the queue.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from prologue.model.errors import PayloadTooLarge, PositionConflict, PrologueError
from prologue.model.payload import Payload, PayloadFormat, PayloadSink, PayloadSource, Segment, SourcePosition

logger = logging.getLogger(__name__)

TAKE_SECONDS = 0.2
PAUSE_SECONDS = 1.0
TOGETHER_NS = 1_000_000_000
# A place in the queue is the segment's number, the payload's in it, and room to cut the payload in halves.
SEGMENT_BITS = 32
PLACE_BITS = 16


class Forwarder:
    """Moves segments in a thread of its own from `start` to `stop`; `name` is the queue's, for ever.

    A payload without a position gets one by its place in the queue, so that it too is stored once.
    """

    def __init__(
        self,
        source: PayloadSource,
        sink: PayloadSink,
        name: str,
    ) -> None:
        self._source = source
        self._sink = sink
        self._name = f"spool:{name}"
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
            except Exception:  # a thread that ends is a spool that only grows
                logger.exception("spooled lines are not shipped yet")
            if self._stopping.wait(PAUSE_SECONDS):
                return

    def _send(self, segment: Segment) -> None:
        """Everything in the segment is acknowledged when this returns. Raises `PrologueError`.

        Sources travel side by side, the payloads of one source one after the other: if a later one arrived
        before an earlier one that was refused, the earlier would count as held.
        """
        lanes: dict[str, deque[Payload]] = {}
        placed = (self._placed(payload, segment, n) for n, payload in enumerate(segment.payloads()))
        for payload in merged(placed):
            lanes.setdefault(_source(payload), deque()).append(payload)
        while lanes:
            sent = [(lane, self._sink.append(lane[0])) for lane in lanes.values()]
            for lane, future in sent:
                payload = lane.popleft()
                try:
                    future.result()
                except PositionConflict as conflict:
                    lane.extendleft(reversed(self._after(payload, conflict.resume_at)))
                except PayloadTooLarge as error:
                    if not (halves := _halves(payload)):
                        raise error
                    lane.extendleft(reversed(halves))
            lanes = {source: lane for source, lane in lanes.items() if lane}

    def _placed(self, payload: Payload, segment: Segment, ordinal: int) -> Payload:
        if payload.position is not None:
            return payload
        start = (segment.sequence << SEGMENT_BITS) + (ordinal << PLACE_BITS)
        return replace(payload, position=SourcePosition(self._name, start, start + (1 << PLACE_BITS)))

    def _after(self, payload: Payload, held: int) -> list[Payload]:
        """What of the payload the sink does not hold yet."""
        position = payload.position
        if position is None or held >= position.end:
            return []
        if held <= position.start:
            return [payload]
        if position.source == self._name:  # a place in the queue is no byte offset: a half of it is held
            return _halves(payload)
        rest = SourcePosition(position.source, held, position.end)
        return [replace(payload, data=payload.data[held - position.start :], position=rest, records=0)]


def merged(payloads: Iterable[Payload]) -> Iterator[Payload]:
    """Neighbours that differ in nothing but their lines as one, so that few travel where many were written.

    Always the same for the same payloads. Those that came more than `TOGETHER_NS` apart stay apart: lines
    that say no time of their own have that of their payload.
    """
    run: list[Payload] = []
    for payload in payloads:
        if run and not _joins(run, payload):
            yield _joined(run)
            run = []
        run.append(payload)
    if run:
        yield _joined(run)


def _joins(run: list[Payload], payload: Payload) -> bool:
    first, last = run[0], run[-1]
    assert last.position is not None
    assert payload.position is not None
    return (
        payload.format in (PayloadFormat.LINES, PayloadFormat.JSON_LINES)
        and (payload.tenant, payload.format, payload.labels, payload.params)
        == (first.tenant, first.format, first.labels, first.params)
        and payload.position.source == last.position.source
        and payload.position.start == last.position.end
        and last.data[-1:] == b"\n"
        and payload.received_ns - first.received_ns <= TOGETHER_NS
    )


def _joined(run: list[Payload]) -> Payload:
    if len(run) == 1:
        return run[0]
    first, last = run[0].position, run[-1].position
    assert first is not None
    assert last is not None
    position = SourcePosition(first.source, first.start, last.end)
    return replace(run[0], data=b"".join(payload.data for payload in run), position=position, records=0)


def _source(payload: Payload) -> str:
    return payload.position.source if payload.position is not None else ""


def _halves(payload: Payload) -> list[Payload]:
    """The payload in two, always the same two, cut after a line where there is one; none if it is too small.

    A position that counts bytes is cut where the data are, one that is a place in the middle.
    """
    data, position = bytes(payload.data), payload.position
    assert position is not None
    width = position.end - position.start
    if len(data) < 2 or width < 2:
        return []
    middle = len(data) // 2
    at = data.find(b"\n", middle) + 1 or data.rfind(b"\n", 0, middle) + 1
    at = at if 0 < at < len(data) else middle
    between = position.start + (at if width == len(data) else width // 2)
    first = SourcePosition(position.source, position.start, between)
    second = SourcePosition(position.source, between, position.end)
    return [
        replace(payload, data=data[:at], position=first, records=0),
        replace(payload, data=data[at:], position=second, records=0),
    ]
