"""An engine that takes nothing: the buffer fills, senders are told to wait, files wait, nothing is lost."""

from __future__ import annotations

import httpx
import pytest

from tests.process.oracle import Oracle, line_of
from tests.process.ways_in import plain_lines
from tests.process.world import World, tools_are_there
from tests.support.server import wait_until
from tests.support.stored import stored_bodies

SMALL = {
    "PROLOGUE_BUFFER__MAX_BYTES": "1MiB",
    "PROLOGUE_BUFFER__SEGMENT_BYTES": "256KiB",
    "PROLOGUE_RECEIVE__MAX_BODY_BYTES": "256KiB",
    "PROLOGUE_RECEIVE__MAX_DECOMPRESSED_BYTES": "256KiB",
}


@pytest.fixture
def world(tmp_path):
    tools_are_there()
    world = World(tmp_path, 96, **SMALL)
    try:
        yield world.open()
    finally:
        world.close()


def push_until_refused(world: World, oracle: Oracle) -> httpx.Response:
    """Push and acknowledge; the first answer that is no success."""
    with httpx.Client(base_url=world.server.url, timeout=30) as client:
        while True:
            ids = oracle.take(1000)
            push = plain_lines(ids)
            answer = client.post(push.path, content=push.body, headers=push.headers)
            if not answer.is_success:
                return answer
            oracle.acknowledge(ids)


def test_from_a_full_engine_to_the_senders_and_back(world):
    oracle = Oracle(0)
    with world.full(world.engine):
        refused = push_until_refused(world, oracle)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        assert refused.json()["code"] == "buffer_full"
        assert "buffer.max_bytes" in refused.json()["cure"]

        written = oracle.take(5000)
        world.log.write_text("".join(f"{line_of(found)}\n" for found in written))
        oracle.acknowledge(written)
        wait_until(lambda: world.metric("prologue_collect_lag_bytes") > 0)

        assert world.stored(oracle.prefix) == {}  # queries are answered
        assert httpx.get(f"{world.server.url}/ready").status_code == 200
        assert "nearly full" in world.server.status()["error"]
        # What was acknowledged outlives the process while the engine takes nothing.
        world.server.kill()
        world.server.start()
        assert push_until_refused(world, oracle).status_code == 429

    wait_until(lambda: not oracle.missing(world.stored(oracle.prefix)), 120, every=0.5)
    wait_until(lambda: world.metric("prologue_collect_lag_bytes") == 0)
    assert world.server.stop() == 0
    verdict = oracle.judge(stored_bodies(world.data))
    assert (verdict.broken, verdict.acknowledged > 6000) == (0, True)
