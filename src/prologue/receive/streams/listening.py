"""What is common to a listener whatever its transport: its tally, its metrics, its log.

A sender must be able to fill neither the log nor the disk with complaints about it: what is said of one
listener is said at once and then counted, and the count is said every ten seconds.
"""

from __future__ import annotations

import logging
import time

from prologue.receive.limits import RateLimits
from prologue.receive.standing import Standings
from prologue.receive.streams.batching import Place
from prologue.receive.streams.contract import Listener, Taken
from prologue.receive.streams.sources import Places
from prologue.telemetry import metrics

logger = logging.getLogger(__name__)

_QUIET_SECONDS = 10.0


class Listening:
    """One listener that is open at `address`."""

    def __init__(self, listener: Listener, address: str, standings: Standings, rates: RateLimits) -> None:
        self.listener = listener
        self.address = address
        self.name = f"{listener.receiver.name}/{listener.endpoint.transport}"
        self.tally = standings.tally(self.name, address)
        self.places = Places(listener)
        self._rates = None if rates.unlimited else rates
        self._said = 0.0
        self._unsaid = 0

    def connected(self, change: int) -> None:
        metrics.STREAM_CONNECTIONS.labels(self.listener.receiver.name).inc(change)
        self.tally.connected(change)

    def refuse_connection(self, address: str) -> None:
        limit = self.listener.limits.max_connections
        self.complain(f"{address} is turned away: {limit} connections are open, which is the limit")

    def charge(self, place: Place, address: str, taken: Taken) -> float:
        """Seconds for which a connection must not be read any more, by the rates of its tenant and sender."""
        if self._rates is None:
            return 0.0
        self._rates.charge(place[0], address, size=len(taken.data), lines=taken.records)
        return self._rates.delay(self.listener.receiver.name, place[0], address)

    def admits(self, place: Place, address: str, size: int) -> bool:
        """Whether a datagram is taken. One that is not is not charged, or its sender would never get free."""
        if self._rates is None:
            return True
        if self._rates.delay(self.listener.receiver.name, place[0], address):
            return False
        self._rates.charge(place[0], address, size=size, lines=1)
        return True

    @property
    def is_simple(self) -> bool:
        """Whether all senders are alike: one tenant, one time zone, no rates."""
        return self._rates is None and not self.places.differ

    def complain(self, text: str) -> None:
        """Something a sender did wrong; nothing that was taken is lost."""
        metrics.STREAM_ERRORS.labels(self.listener.receiver.name).inc()
        self.tally.failed(text)
        self._say(text, 1)

    def lose(self, records: int, why: str, text: str) -> None:
        """Records that came and could not be kept, by reason."""
        metrics.STREAM_DROPPED.labels(self.listener.receiver.name, why).inc(records)
        self.tally.lost(records, text)
        self._say(f"{records} lost: {text}", records)

    def _say(self, text: str, count: int) -> None:
        now = time.monotonic()
        if now - self._said < _QUIET_SECONDS:
            self._unsaid += count
            return
        more = f" (and {self._unsaid} more like it since)" if self._unsaid else ""
        self._said, self._unsaid = now, 0
        logger.warning("%s: %s%s", self.name, text, more)
