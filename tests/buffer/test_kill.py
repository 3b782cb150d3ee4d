"""kill -9 at any moment, many times in a row: every acknowledged payload exactly once, none invented.

The engine of the victim is a file of segments; as the real one does, it ignores a batch id it has
seen. What a life sent without being told of its fate may or may not be there, but only once.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from prologue.buffer.disk import DiskBuffer

KILLS = 15
VICTIM = Path(__file__).parent / "life_of_a_victim.py"


def one_life(root: Path, life: int, acknowledgements: int) -> list[bytes]:
    """Run the victim until it acknowledged that many payloads, kill it, answer all it acknowledged."""
    with subprocess.Popen(
        [sys.executable, VICTIM, root, str(life)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as victim:
        assert victim.stdout is not None
        assert victim.stderr is not None
        lines = []
        for line in victim.stdout:
            lines.append(line)
            if len(lines) == acknowledgements:
                victim.kill()
        errors = victim.stderr.read()
    assert victim.returncode == -9, errors.decode()
    return [line.strip() for line in lines if line.endswith(b"\n")]


def engine_batches(root: Path) -> dict[bytes, list[bytes]]:
    """What the engine holds after deduplication; a batch that came twice came with the same content."""
    batches: dict[bytes, list[bytes]] = {}
    for line in (root / "engine").read_bytes().splitlines():
        batch_id, *names = line.split(b"\t")
        assert batches.setdefault(batch_id, names) == names
    return batches


def test_every_acknowledged_payload_exactly_once(tmp_path: Path) -> None:
    chance = random.Random(20261123)
    acknowledged: list[bytes] = []
    for life in range(KILLS):
        acknowledged += one_life(tmp_path, life, chance.randrange(1, 1500))
    batches = engine_batches(tmp_path)
    with DiskBuffer(tmp_path / "buffer") as buffer:
        durable = buffer.durable_position("source")
        assert buffer.stats().quarantined_frames == 0
        while (segment := buffer.take(0)) is not None:
            names = [bytes(payload.data).strip() for payload in segment.payloads()]
            assert batches.setdefault(b"%d" % segment.batch_id, names) == names
            buffer.release(segment)

    found = Counter(name for names in batches.values() for name in names)
    assert {name: count for name, count in found.items() if count > 1} == {}
    payloads = {line.removeprefix(b"payload ") for line in acknowledged if line.startswith(b"payload ")}
    assert payloads - found.keys() == set()
    sent = set((tmp_path / "sent").read_bytes().splitlines())
    assert {name for name in found if not name.startswith(b"source ")} - sent == set()
    assert len(payloads) > 1000

    # The source's bytes, each once and without a gap, at least as far as was acknowledged.
    ranges = sorted(tuple(map(int, name.split()[1:])) for name in found if name.startswith(b"source "))
    assert [start for start, _ in ranges] == [0, *(end for _, end in ranges[:-1])]
    told = max(int(line.split()[1]) for line in acknowledged if line.startswith(b"source "))
    assert told <= ranges[-1][1] == durable
