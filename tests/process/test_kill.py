"""kill -9 during ingestion: every acknowledged line is stored exactly once."""

from __future__ import annotations

import random
import time

import pytest

from tests.process.oracle import Oracle, Producers
from tests.support.server import ServerProcess, wait_until
from tests.support.stored import stored_bodies


def kill_and_judge(folder, kills: int, seed: int) -> dict[str, int]:
    """Kill a server under load so many times, each at a random instant, then count what it holds."""
    dice = random.Random(seed)
    oracle = Oracle()
    server = ServerProcess(folder / "data", PROLOGUE_BUFFER__SEAL_AFTER="50ms").start()
    try:
        with Producers(server.url, oracle, seed=seed):
            for _ in range(kills):
                acknowledged = len(oracle.acknowledged)
                wait_until(lambda held=acknowledged: len(oracle.acknowledged) > held)
                time.sleep(dice.random() * 0.6)  # the instant of the kill is the point of the test
                server.kill()
                server.start()
            acknowledged = len(oracle.acknowledged)
            wait_until(lambda: len(oracle.acknowledged) > acknowledged)  # a fresh line flows
        wait_until(lambda: server.stored_lines() >= len(oracle.acknowledged))
    finally:
        code = server.stop()
    assert code == 0
    return oracle.judge(stored_bodies(server.data_dir))


def test_twenty_kills_lose_and_repeat_nothing(tmp_path):
    verdict = kill_and_judge(tmp_path, kills=20, seed=1)
    print(verdict)
    assert verdict["acknowledged"] > 1000
    assert {name: verdict[name] for name in ("lost", "duplicated", "invented")} == {
        "lost": 0,
        "duplicated": 0,
        "invented": 0,
    }


@pytest.mark.soak
def test_two_hundred_kills(tmp_path):
    verdict = kill_and_judge(tmp_path, kills=200, seed=2)
    print(verdict)
    assert (verdict["lost"], verdict["duplicated"], verdict["invented"]) == (0, 0, 0)
