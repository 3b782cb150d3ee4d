"""Following a query over a WebSocket, across disconnects, without a gap and without a repeat.

A tail has no cursor: it starts at a timestamp. After a disconnect `follow` therefore starts again a
little before the newest line it has shown (lines arrive late and out of order), and passes over the
lines that it has shown already.

Source: Loki HTTP API reference, "Stream logs" (`GET /loki/api/v1/tail`).
"""

from __future__ import annotations

import hashlib
import ssl
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import msgspec
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect as connect_websocket

from prologue.client.failures import refusal, unreachable
from prologue.client.results import Line, Stream, TailMessage, decode_tail
from prologue.model.errors import PrologueError, TemporaryError
from prologue.model.labels import canonical

OVERLAP_NS = 5 * 10**9
"""How far before the newest shown line a reconnected tail starts."""

MAX_LINES_AT_START = 5000
"""Lines a reconnected tail may deliver at once; also the server's default `query.max_entries`."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
"""Seconds between attempts to reconnect, doubled from the first to the longest."""


def open_tail(
    url: str, headers: Mapping[str, str], tls: ssl.SSLContext | None = None
) -> Iterator[TailMessage]:
    """Messages of one WebSocket until the server ends it. Raises the errors of `prologue.model`."""
    try:
        # A tail of whole batches can exceed the library's 1 MiB message limit.
        with connect_websocket(
            url, additional_headers=dict(headers), max_size=None, proxy=None, close_timeout=1, ssl=tls
        ) as socket:
            for message in socket:
                yield decode_tail(message)
    except InvalidStatus as error:
        answer = error.response
        raise refusal(answer.status_code, bytes(answer.body or b""), answer.headers, "the tail") from error
    except ConnectionClosedOK:
        return
    except ConnectionClosed as error:
        raise _closed(error) from error
    except (OSError, InvalidHandshake) as error:
        raise unreachable(url.partition("?")[0], str(error) or type(error).__name__) from error
    except msgspec.MsgspecError as error:
        raise PrologueError(f"a message of the tail is not what the Loki API documents: {error}") from error


def _closed(error: ConnectionClosed) -> PrologueError:
    reason = error.rcvd.reason if error.rcvd else ""
    return TemporaryError(f"the tail was cut off{': ' + reason if reason else ''}", cure="start it again")


class Tailer(Protocol):
    """What `follow` needs of a client."""

    def tail(
        self, query: str, *, start: int | None = ..., limit: int | None = ...
    ) -> Iterator[TailMessage]: ...


class Follower:
    """Follows one query for ever. `pause(seconds)` waits between attempts: pass `time.sleep`.

    `lost(error, seconds)` is told of every disconnect before the pause. A server that refuses the
    query ends the following with that error; a server that is away does not.
    """

    def __init__(
        self,
        client: Tailer,
        query: str,
        *,
        pause: Callable[[float], None],
        lost: Callable[[str, float], None],
    ) -> None:
        self._client = client
        self._query = query
        self._pause = pause
        self._lost = lost
        self._shown: deque[bytes] = deque(maxlen=2 * MAX_LINES_AT_START)
        self._repeats: Counter[bytes] = Counter()
        self._newest = 0

    def messages(self, *, start: int, limit: int) -> Iterator[TailMessage]:
        """Messages from `start` (Unix ns) on, each line once."""
        delay = FIRST_PAUSE
        while True:
            try:
                for message in self._attempt(start, limit):
                    delay = FIRST_PAUSE
                    yield self._fresh(message)
                reason = "the server ended the tail"
            except TemporaryError as error:
                reason = error.message
            self._lost(reason, delay)
            self._pause(delay)
            delay = min(delay * 2, LONGEST_PAUSE)

    def _attempt(self, start: int, limit: int) -> Iterator[TailMessage]:
        # Counted, not a set: a service may well write the same line twice in one nanosecond.
        self._repeats = Counter(self._shown)
        if not self._newest:
            return self._client.tail(self._query, start=start, limit=limit)
        since = max(start, self._newest - OVERLAP_NS)
        return self._client.tail(self._query, start=since, limit=MAX_LINES_AT_START)

    def _fresh(self, message: TailMessage) -> TailMessage:
        streams = []
        for stream in message.streams:
            labels = canonical(stream.stream)
            if lines := [line for line in stream.values if self._is_new(labels, line)]:
                streams.append(Stream(stream.stream, lines))
        return TailMessage(streams, message.dropped_entries)

    def _is_new(self, labels: str, line: Line) -> bool:
        mark = hashlib.blake2b(f"{line.timestamp}\0{labels}\0{line.text}".encode(), digest_size=12).digest()
        if self._repeats[mark] > 0:
            self._repeats[mark] -= 1
            return False
        self._newest = max(self._newest, line.timestamp)
        self._shown.append(mark)
        return True
