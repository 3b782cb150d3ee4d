"""An oracle that hands out ids and remembers which were acknowledged; producers that push them.

An acknowledgement makes delivery an obligation: stored exactly once. What was sent and not
acknowledged (the server died first) may be stored once or not at all, never twice. Nothing else may
be stored.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import orjson


@dataclass
class Oracle:
    """Thread-safe bookkeeping of ids."""

    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, count: int) -> list[str]:
        with self._lock:
            ids = [f"id-{number:09d}" for number in range(self._next, self._next + count)]
            self._next += count
            self.sent.update(ids)
            return ids

    def acknowledge(self, ids: list[str]) -> None:
        with self._lock:
            self.acknowledged.update(ids)

    def judge(self, stored: Counter[str]) -> dict[str, int]:
        """The verdict, with every number that matters."""
        return {
            "acknowledged": len(self.acknowledged),
            "lost": sum(1 for found in self.acknowledged if found not in stored),
            "duplicated": sum(1 for times in stored.values() if times > 1),
            "invented": sum(1 for found in stored if found not in self.sent),
        }


def json_lines(ids: list[str]) -> tuple[str, bytes, str]:
    body = b"\n".join(
        orjson.dumps({"_msg": found, "service_name": "oracle", "n": found[-1]}) for found in ids
    )
    return "/insert/jsonline?_stream_fields=service_name,n", body, "application/json"


def plain_lines(ids: list[str]) -> tuple[str, bytes, str]:
    return "/insert/lines?service_name=oracle", "\n".join(ids).encode(), "text/plain"


def loki_push(ids: list[str]) -> tuple[str, bytes, str]:
    # On two days, so that a batch spans partitions and can be cut between them.
    now = time.time_ns()
    values = [[str(now - place % 2 * 172_800_000_000_000), found] for place, found in enumerate(ids)]
    streams = [{"stream": {"app": "oracle"}, "values": values}]
    return "/loki/api/v1/push", orjson.dumps({"streams": streams}), "application/json"


ENCODINGS: tuple[Callable[[list[str]], tuple[str, bytes, str]], ...] = (json_lines, plain_lines, loki_push)


class Producers:
    """Threads that push batches of ids until stopped; a refused or broken push is not acknowledged."""

    def __init__(self, url: str, oracle: Oracle, *, threads: int = 3, seed: int = 0) -> None:
        self._url = url
        self._oracle = oracle
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(random.Random(seed * 100 + number),), daemon=True)
            for number in range(threads)
        ]

    def __enter__(self) -> Producers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(30)

    def _run(self, dice: random.Random) -> None:
        with httpx.Client(base_url=self._url, timeout=20) as client:
            while not self._stopping.is_set():
                ids = self._oracle.take(dice.randrange(1, 400))
                path, body, content_type = dice.choice(ENCODINGS)(ids)
                try:
                    answer = client.post(path, content=body, headers={"Content-Type": content_type})
                except httpx.HTTPError:
                    self._stopping.wait(0.05)  # the server is dead; the fault injector starts it again
                    continue
                if answer.status_code < 300:
                    self._oracle.acknowledge(ids)
                elif answer.status_code not in (429, 503):
                    raise AssertionError(f"{path} answered {answer.status_code}: {answer.text}")
