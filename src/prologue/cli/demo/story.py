"""What changes and what breaks: routine deploys, and one that brings the checkout down.

The incident: payment v1.4.2 ships with a database pool of 5 connections instead of 50. As traffic
finds them all taken, payments time out, checkouts fail and the gateway answers 504, until v1.4.1 is
rolled back. All times are Unix ns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt

from prologue.cli.demo.estate import SERVICES, Pod, pods_of

SECOND = 10**9
CULPRIT = "payment"
GOOD_VERSION = SERVICES[CULPRIT].version
BAD_VERSION = "v1.4.2"
ROUTINE_EVERY = 600 * SECOND
"""Live, a routine deploy happens this often."""

_ROUTINE = ("catalog", "search", "recommend", "cart", "user", "shipping")


@dataclass(frozen=True, slots=True)
class Deploy:
    """A service's pods are replaced at `at`. `reason` is "release" or "rollback"."""

    at: int
    service: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True)
class Story:
    """The events of an estate that is watched from `start`; the incident lies before `present`."""

    start: int
    present: int
    breaks_at: int
    mended_at: int
    early: tuple[Deploy, ...]

    def deploys(self, start: int, end: int) -> list[Deploy]:
        """The deploys in [start, end), oldest first."""
        found = [deploy for deploy in self.early if start <= deploy.at < end]
        for deploy in self._routine():
            if deploy.at >= end:
                return found
            if deploy.at >= start:
                found.append(deploy)
        return found

    def version(self, service: str, at: int) -> str:
        """The version that runs at a time."""
        done = [deploy for deploy in self.deploys(self.start, at + 1) if deploy.service == service]
        return done[-1].new if done else SERVICES[service].version

    def pods(self, service: str, at: int) -> tuple[Pod, ...]:
        """The pods that run at a time."""
        return pods_of(SERVICES[service], self.version(service, at))

    def severity(self, times: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """How bad the incident is at each time, 0 to 1: the pool fills over its first fifth."""
        ramp = max((self.mended_at - self.breaks_at) / 5, 1)
        rising = np.clip((times - self.breaks_at) / ramp, 0.0, 1.0)
        return np.where((times >= self.breaks_at) & (times < self.mended_at), rising, 0.0)

    def _routine(self) -> Iterator[Deploy]:
        """Live deploys: one service after the other, the last part of the version one up."""
        for index in count():
            service = _ROUTINE[index % len(_ROUTINE)]
            rounds = index // len(_ROUTINE)
            at = self.present + (index + 1) * ROUTINE_EVERY
            early = [deploy.new for deploy in self.early if deploy.service == service]
            first = early[-1] if early else SERVICES[service].version
            yield Deploy(at, service, bump(first, rounds), bump(first, rounds + 1), "release")


def write_story(start: int, present: int) -> Story:
    """The story of an estate that has been running from `start` to `present`."""
    length = present - start

    def moment(share: float) -> int:
        return start + round(length * share)

    breaks_at = moment(0.55)
    mended_at = min(moment(0.75), breaks_at + 600 * SECOND)
    catalog, search = SERVICES["catalog"].version, SERVICES["search"].version
    early = (
        Deploy(moment(0.15), "catalog", catalog, bump(catalog, 1), "release"),
        Deploy(moment(0.35), "search", search, bump(search, 1), "release"),
        Deploy(breaks_at, CULPRIT, GOOD_VERSION, BAD_VERSION, "release"),
        Deploy(mended_at, CULPRIT, BAD_VERSION, GOOD_VERSION, "rollback"),
    )
    return Story(start, present, breaks_at, mended_at, early if length > 0 else ())


def bump(version: str, by: int) -> str:
    """The version with its last number `by` up.

    >>> bump("v1.2.3", 2)
    'v1.2.5'
    """
    head, _, last = version.rpartition(".")
    return f"{head}.{int(last) + by}"
