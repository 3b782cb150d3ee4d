"""A campaign: one fault after the other into one server under load, each judged before the next.

producers start -> acknowledgements -> fault -> a fresh acknowledgement -> producers stop -> judged
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.process.faults import Fault
from tests.process.oracle import Oracle, Verdict
from tests.process.senders import Producers
from tests.process.world import World, tools_are_there
from tests.support.server import wait_until
from tests.support.stored import stored_bodies


@dataclass(frozen=True, slots=True)
class Outcome:
    """One fault: what it was, the verdict, pushes that were told to wait, and how long it took until a
    line sent after the fault was acknowledged, in seconds."""

    name: str
    verdict: Verdict
    refused: int
    fresh_after: float


def campaign(folder: Path, faults: Sequence[Fault], seed: int, engine_mib: int = 192) -> list[Outcome]:
    """Run it, every fault judged by the running server's answers, and all once more by its files."""
    tools_are_there()
    dice = random.Random(seed)
    world = World(folder, engine_mib)
    outcomes, oracles = [], []
    try:
        world.open()
        for epoch, fault in enumerate(faults):
            oracle = Oracle(epoch)
            outcome = _one(world, fault, oracle, dice)
            print(outcome, flush=True)
            assert outcome.verdict.broken == 0, (outcome, world.server.log.read_text()[-4000:])
            outcomes.append(outcome)
            oracles.append(oracle)
        assert world.metric("prologue_buffer_set_aside_segments") == 0
        assert world.server.stop() == 0
        _judge_files(world, oracles, outcomes)
    finally:
        world.close()
    return outcomes


def _one(world: World, fault: Fault, oracle: Oracle, dice: random.Random) -> Outcome:
    with Producers(world.ways, world.log, oracle, seed=dice.randrange(1 << 30)) as producers:
        wait_until(lambda: producers.acknowledged > 10)
        fault(world, oracle, dice)
        passed, acknowledged = time.monotonic(), producers.acknowledged
        wait_until(lambda: producers.acknowledged > acknowledged, 120)
        fresh_after = time.monotonic() - passed
    world.settle()
    wait_until(lambda: not oracle.missing(world.stored(oracle.prefix)), 120, every=0.5)
    world.settle()
    verdict = oracle.judge(world.stored(oracle.prefix))
    return Outcome(fault.__name__, verdict, producers.refused, fresh_after)


def _judge_files(world: World, oracles: list[Oracle], outcomes: list[Outcome]) -> None:
    """What is in the tables after the last stop: what came twice late, or went, would show here."""
    stored: dict[str, Counter[str]] = defaultdict(Counter)
    for body, times in stored_bodies(world.data).items():
        stored[body[:6]][body] = times
    assert stored.keys() == {oracle.prefix for oracle in oracles}
    for oracle, outcome in zip(oracles, outcomes, strict=True):
        assert oracle.judge(stored[oracle.prefix]) == outcome.verdict, outcome.name
