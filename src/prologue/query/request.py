"""What a query is asked with, and what it may cost.

Times are Unix ns. A log query reads `start <= timestamp < end`. A metric query is evaluated exactly at
`start`, `start + step`, ... up to `end`; an instant query is the one evaluation where `end == start`.

Next chapter: `prologue.query.compile`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from prologue.model.errors import QueryError

MAX_POINTS = 11_000
"""Evaluations a series, as in Loki and Prometheus."""


class Direction(enum.StrEnum):
    """Which end of the time range a limited log query starts from."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Derived:
    """Which derived labels a tenant's lines carry; see the settings `labels.*`."""

    detected_level: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """One query's surroundings.

    `step` 0 means an instant query at `start`. `interval` thins a log query: each line is at least so many
    ns after the one before (see `prologue.query.thin`, which fills `instants`: the times left).
    `after_batch` keeps only lines of later batches: how `tail` goes on. `now` is the server's time, what
    `now` in a template answers.
    """

    tenant: str
    start: int
    end: int
    step: int = 0
    limit: int = 100
    direction: Direction = Direction.BACKWARD
    interval: int = 0
    instants: tuple[int, ...] | None = None
    categorize: bool = False
    after_batch: int | None = None
    up_to_batch: int | None = None
    derived: Derived = Derived()
    now: int = 0

    @property
    def instant(self) -> bool:
        return self.step == 0

    @property
    def evaluations(self) -> int:
        """How many instants a metric query is evaluated at."""
        return 1 if self.instant else (self.end - self.start) // self.step + 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may cost; 0 means no limit. Breaking one is a `LimitError` that names it."""

    timeout_seconds: float = 60.0
    memory_bytes: int = 2 << 30
    read_rows: int = 0
    read_bytes: int = 0
    max_series: int = 20_000
    max_entries: int = 10_000
    threads: int = 0


def check_request(request: Request, *, is_log: bool) -> None:
    """Raises `QueryError` where the times and numbers make no sense together."""
    if request.end < request.start:
        raise QueryError("the end is before the start", cure="swap start and end", code="bad_range")
    if request.step < 0 or request.limit < 0 or request.interval < 0:
        raise QueryError(
            "step, limit and interval cannot be negative", cure="leave them out, or use 0 or more"
        )
    if not is_log and request.evaluations > MAX_POINTS:
        least = (request.end - request.start) // (MAX_POINTS - 1) // 1_000_000_000 + 1
        raise QueryError(
            f"{request.evaluations} points a series are more than the limit of {MAX_POINTS}",
            cure=f"use a step of at least {least}s, or a shorter time range",
            code="too_many_points",
        )
