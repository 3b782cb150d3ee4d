"""Faults at random under load: acknowledged lines are stored exactly once, as they came, and none else."""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.process import report
from tests.process.campaign import campaign
from tests.process.faults import FAULTS, OFTEN

SOAK_FAULTS = 208
# Servers side by side: a fault is mostly waiting.
LANES = 4


def test_ten_faults(tmp_path):
    outcomes = campaign(tmp_path, OFTEN, seed=1)
    assert [outcome.name for outcome in outcomes] == [fault.__name__ for fault in OFTEN]
    assert sum(outcome.verdict.acknowledged for outcome in outcomes) > 5_000


@pytest.mark.soak
def test_two_hundred_faults(tmp_path):
    """Every fault as often as the others, in random order; SOAK_REPORT names the page to write."""
    seed = int(os.environ.get("SOAK_SEED", "4"))
    faults = [FAULTS[number % len(FAULTS)] for number in range(SOAK_FAULTS)]
    random.Random(seed).shuffle(faults)
    began = time.monotonic()
    with ThreadPoolExecutor(LANES) as lanes:
        running = [
            lanes.submit(
                campaign, tmp_path / str(lane), faults[lane::LANES], seed=seed + lane, engine_mib=512
            )
            for lane in range(LANES)
        ]
        outcomes = [outcome for lane in running for outcome in lane.result()]
    assert len(outcomes) == SOAK_FAULTS
    if page := os.environ.get("SOAK_REPORT"):
        report.write(Path(page), outcomes, seed=seed, seconds=time.monotonic() - began)
