"""Log lines, the same for the same number: realistic templates, a unique trace id a line, 10 services
on 50 pods. Written once to a cache folder, because generating costs more than ingesting."""

from __future__ import annotations

import random
import time
from pathlib import Path

import orjson

SERVICES = (
    "gateway", "cart", "checkout", "payment", "catalog", "search", "user", "email", "shipping", "recommend",
)  # fmt: skip
PATHS = ("/api/v1/items", "/api/v1/cart", "/healthz", "/api/v1/pay", "/login")
LEVELS = ("info",) * 80 + ("debug",) * 10 + ("warn",) * 7 + ("error",) * 3
START_NS = 1_790_000_000_000_000_000
STEP_NS = 1_000_000


def lines(rows: int) -> Path:
    """A file of `rows` JSON lines, about 270 bytes each."""
    path = Path(".cache/bench") / f"lines-{rows}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            for start in range(0, rows, 10_000):
                file.write(b"".join(_records(start, min(rows, start + 10_000))))
        partial.rename(path)
    return path


def _records(start: int, end: int) -> list[bytes]:
    dice = random.Random(start)
    return [_record(dice, number) for number in range(start, end)]


def _record(dice: random.Random, number: int) -> bytes:
    pod = dice.randrange(50)
    service = SERVICES[pod % 10]
    seconds, nanoseconds = divmod(START_NS + number * STEP_NS, 10**9)
    return (
        orjson.dumps(
            {
                "_time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{nanoseconds:09d}Z",
                "_msg": _message(dice),
                "level": dice.choice(LEVELS),
                "service_name": service,
                "pod": f"{service}-7d9f8b6c5-{pod:05d}",
                "namespace": "shop",
                "trace_id": f"{dice.getrandbits(128):032x}",
                "status": 200,
                "region": "cn-north-1",
            }
        )
        + b"\n"
    )


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
