"""The lines, the same for the same number: realistic templates, a unique trace id a line, 10 services on
50 pods. What a line says is decided here once; `encodings.py` writes it in each path's format."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import NamedTuple

SERVICES = (
    "gateway", "cart", "checkout", "payment", "catalog", "search", "user", "email", "shipping", "recommend",
)  # fmt: skip
PODS = 50
PATHS = ("/api/v1/items", "/api/v1/cart", "/healthz", "/api/v1/pay", "/login")
LEVELS = ("info",) * 80 + ("debug",) * 10 + ("warn",) * 7 + ("error",) * 3
START_NS = 1_790_000_000_000_000_000
STEP_NS = 1_000_000

_BLOCK = 10_000


class Line(NamedTuple):
    """One line of one pod. `trace_id` is a number of 128 bits."""

    time_ns: int
    pod: int
    level: str
    trace_id: int
    message: str

    @property
    def service(self) -> str:
        return SERVICES[self.pod % len(SERVICES)]

    @property
    def pod_name(self) -> str:
        return f"{self.service}-7d9f8b6c5-{self.pod:05d}"

    @property
    def time_text(self) -> str:
        """RFC 3339 with nanoseconds."""
        seconds, nanoseconds = divmod(self.time_ns, 10**9)
        return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{nanoseconds:09d}Z"


def blocks(rows: int, size: int) -> Iterator[list[Line]]:
    """All lines in order, `size` at a time, however they are asked for."""
    held: list[Line] = []
    for start in range(0, rows, _BLOCK):
        dice = random.Random(start)
        held += [_line(dice, number) for number in range(start, min(rows, start + _BLOCK))]
        while len(held) >= size:
            yield held[:size]
            held = held[size:]
    if held:
        yield held


def _line(dice: random.Random, number: int) -> Line:
    pod = dice.randrange(PODS)
    message = _message(dice)
    level = dice.choice(LEVELS)
    return Line(START_NS + number * STEP_NS, pod, level, dice.getrandbits(128), message)


def _message(dice: random.Random) -> str:
    kind = dice.randrange(4)
    if kind == 0:
        path = f"{dice.choice(PATHS)}/{dice.randrange(100_000)}"
        return f"GET {path} status=200 dur={dice.randrange(1, 2000)}ms bytes={dice.randrange(100, 90_000)}"
    if kind == 1:
        address = ".".join(str(dice.randrange(1, 255)) for _ in range(3))
        return f"user {dice.randrange(1_000_000)} logged in from 10.{address}"
    if kind == 2:
        key = dice.randrange(1_000_000)
        return (
            f"cache miss for key item:{key} took {dice.random() * 10:.3f}ms after {dice.randrange(5)} retries"
        )
    return (
        f"order {dice.getrandbits(40):x} committed in {dice.randrange(500)} ms by worker-{dice.randrange(16)}"
    )
