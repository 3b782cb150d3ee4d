# ruff: noqa: E501  (lines as programs write them)
"""`make bench ARGS=parsers`: how fast custom parsers are, on one thread of the engine.

Lines are the same for the same seed. Told are MB of lines for each CPU-second, the best of some rounds, with
everything that a pipeline costs between the stage and the insert.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from prologue.parse.pipelines.document import Surroundings
from prologue.parse.pipelines.read import pipeline_set, read_pipelines
from prologue.pipeline.trial import Bench, lines_payload
from prologue.store.embedded import EmbeddedEngine

LINES = 100_000
ROUNDS = 5


def json_line(dice: random.Random) -> str:
    return (
        f'{{"ts":"2026-11-23T10:00:{dice.randrange(60):02}.123Z","level":"info","msg":"request handled for user '
        f'{dice.randrange(10**6)}","service":"checkout","status":{dice.choice([200, 404])},"duration_ms":'
        f'{dice.randrange(1000)},"trace_id":"{dice.getrandbits(128):032x}","path":"/api/items/{dice.randrange(10**5)}"}}'
    )


def logfmt_line(dice: random.Random) -> str:
    return (
        f'ts=2026-11-23T10:00:{dice.randrange(60):02}.123Z level=info msg="request handled for user '
        f'{dice.randrange(10**6)}" service=checkout status={dice.choice([200, 404])} duration=12.'
        f"{dice.randrange(1000)}ms trace_id={dice.getrandbits(128):032x} path=/api/items/{dice.randrange(10**5)}"
    )


def nginx_line(dice: random.Random) -> str:
    return (
        f"10.{dice.randrange(256)}.{dice.randrange(256)}.7 - - [23/Nov/2026:10:{dice.randrange(60):02}:00 +0000] "
        f'"GET /api/v1/items/{dice.randrange(10**5)}?page={dice.randrange(30)} HTTP/1.1" '
        f'{dice.choice([200, 200, 404])} {dice.randrange(10**5)} "https://shop.example.com/cart" "Mozilla/5.0 '
        '(X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"'
    )


def secret_line(dice: random.Random) -> str:
    """Half of the lines hold something to hide."""
    return dice.choice(
        [
            f"order {dice.randrange(10**9)} shipped to user{dice.randrange(1000)}@example.com from 10.1.2.3",
            f"payment with card 4111 1111 1111 1111 by +86 138{dice.randrange(10**8):08} ok",
            f"GET /api/v1/items/{dice.randrange(10**5)} 200 12ms trace={dice.getrandbits(128):032x}",
            f"cache miss for key item:{dice.randrange(10**6)} after 3 retries, falling back to the replica",
        ]
    )


CASES: tuple[tuple[str, str, Callable[[random.Random], str]], ...] = (
    ("json", "- json", json_line),
    ("json, time, level", "- json\n- timestamp: {source: ts}\n- severity: level\n- remove: [ts]", json_line),
    ("logfmt", "- logfmt", logfmt_line),
    ("grok", "- grok: '%{COMBINEDAPACHELOG}'", nginx_line),
    (
        "pattern",
        '- pattern: \'<ip> - <_> [<time>] "<m> <path> <_>" <status> <size> "<_>" "<agent>"\'',
        nginx_line,
    ),
    ("redact, half hit", "- redact", secret_line),
    ("redact, none hit", "- redact", nginx_line),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(EmbeddedEngine(Path(folder), settings={"max_threads": 1}))
        for name, stages, line in CASES:
            dice = random.Random(1)
            data = "\n".join(line(dice) for _ in range(LINES)).encode()
            found = pipeline_set(read_pipelines(f"name: b\nstages:\n{stages}", name, Surroundings()))
            measured = bench.measure(bench.check(found), lines_payload(data, {"app": "bench"}), ROUNDS)
            rate = measured.bytes / measured.cpu_seconds / 1e6
            each = measured.cpu_seconds / measured.lines * 1e9
            print(f"{name:<20} {rate:7.1f} MB per CPU-second  {each:7.0f} ns a line", flush=True)
        bench.engine.close()
