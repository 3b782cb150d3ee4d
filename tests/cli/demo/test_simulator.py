"""Windows of the estate's time."""

from __future__ import annotations

from collections import Counter

import pytest

from prologue.cli.demo.estate import SERVICES
from prologue.cli.demo.simulator import Batch, Simulator
from prologue.cli.demo.story import SECOND, write_story

START = 1_795_000_000 * SECOND
END = START + 1200 * SECOND
STORY = write_story(START, END)


def play(step: int, seed: int = 1, rate: float = 50.0) -> list[Batch]:
    simulator = Simulator(STORY, rate=rate, seed=seed)
    return [simulator.window(at, min(at + step, END)) for at in range(START, END, step)]


@pytest.fixture(scope="module")
def batches() -> list[Batch]:
    return play(60 * SECOND)


def test_no_line_is_outside_its_window(batches: list[Batch]) -> None:
    for number, batch in enumerate(batches):
        begin, end = START + number * 60 * SECOND, START + (number + 1) * 60 * SECOND
        for _, lines in batch.streams:
            assert all(begin <= time < end for time, _, _ in lines)


def test_streams_are_in_order(batches: list[Batch]) -> None:
    for batch in batches:
        for _, lines in batch.streams:
            times = [time for time, _, _ in lines]
            assert times == sorted(times)


def test_the_rate_is_kept(batches: list[Batch]) -> None:
    assert 0.9 * 50 * 1200 < sum(batch.lines for batch in batches) < 1.1 * 50 * 1200


def test_the_same_seed_tells_the_same_story(batches: list[Batch]) -> None:
    assert play(60 * SECOND) == batches
    assert play(60 * SECOND, seed=2) != batches


def test_every_service_speaks_and_versions_change(batches: list[Batch]) -> None:
    versions: dict[str, set[str]] = {}
    for batch in batches:
        for labels, _ in batch.streams:
            if "version" in labels:
                versions.setdefault(labels["service_name"], set()).add(labels["version"])
    assert set(versions) == set(SERVICES)
    assert versions["payment"] == {"v1.4.1", "v1.4.2"}
    assert len(versions["catalog"]) == 2


def test_deploys_leave_markers(batches: list[Batch]) -> None:
    markers = [
        text
        for batch in batches
        for labels, lines in batch.streams
        if labels.get("job") == "deploy"
        for _, text, _ in lines
    ]
    assert Counter(m.split("reason=")[1].split()[0] for m in markers) == {"release": 3, "rollback": 1}


def test_running_requests_wait_for_the_next_window() -> None:
    """Narrow windows lose nothing that wide ones have: calls of one trace stay whole."""
    traces: Counter[str] = Counter()
    for batch in play(SECOND, rate=20.0):
        for _, lines in batch.streams:
            traces.update(meta["trace_id"] for _, _, meta in lines if "trace_id" in meta)
    assert min(sorted(traces.values(), reverse=True)[: len(traces) // 2]) >= 3
