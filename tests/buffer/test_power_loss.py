"""Loss of power in the middle of a commit: of what was not synced, any sectors may be on the disk.

The disk's state is taken before each sync takes effect, and what that sync would have made durable is
then kept, zeroed, filled with something else or cut off, sector by sector. Whatever is left: every
payload acknowledged until then is there once, and nothing is there that was never sent.
"""

from __future__ import annotations

import random
import shutil
import threading
from pathlib import Path

import pytest

from prologue.buffer.disk import DiskBuffer

SECTOR = 512
WAIT = 30


class Images:
    """Copies the directory before syncs of the committer; knows how much of a file is durable."""

    def __init__(self, directory: Path, target: Path, acknowledged: list[bytes]) -> None:
        self.directory, self.target, self.acknowledged = directory, target, acknowledged
        self.taken: list[tuple[Path, Path, int, list[bytes]]] = []
        self._durable: dict[str, int] = {}

    def before(self, call: str) -> None:
        if call != "sync" or threading.current_thread().name != "buffer-commit":
            return
        newest = max(self.directory.glob("*.segment"), default=None)
        if newest is None:
            return
        image = self.target / str(len(self.taken))
        shutil.copytree(self.directory, image)
        durable = self._durable.get(newest.name, 0)
        self.taken.append((image, image / newest.name, durable, list(self.acknowledged)))
        self._durable[newest.name] = newest.stat().st_size


def lose_power(path: Path, durable: int, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for start in range(durable - durable % SECTOR, len(content), SECTOR):
        span = slice(max(start, durable), min(start + SECTOR, len(content)))
        size = span.stop - span.start
        content[span] = chance.choice((content[span], content[span], bytes(size), chance.randbytes(size)))
    if durable == 0 and chance.random() < 0.3:
        path.unlink()  # the name was not synced either
        return
    path.write_bytes(content[: chance.choice((len(content), chance.randint(durable, len(content))))])


@pytest.mark.parametrize("seed", range(4))
def test_every_acknowledged_payload_survives(tmp_path: Path, open_buffer, payload, faulty, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged: list[bytes] = []
    sent: list[bytes] = []
    images = Images(tmp_path / "buffer", tmp_path / "images", acknowledged)
    faulty.before = images.before
    buffer = open_buffer(faulty, segment_bytes=16384)
    for _ in range(20):
        futures = []
        for _ in range(chance.randint(1, 5)):
            sent.append(b"%06d" % len(sent) + chance.randbytes(chance.randint(0, 3000)))
            futures.append((sent[-1], buffer.append(payload(sent[-1]))))
        for data, future in futures:
            future.result(WAIT)
            acknowledged.append(data)
    assert len(images.taken) >= 20
    for image, newest, durable, promised in images.taken:
        lose_power(newest, durable, chance)
        found = []
        with DiskBuffer(image) as recovered:
            while (segment := recovered.take(0)) is not None:
                found += [bytes(payload.data) for payload in segment.payloads()]
        assert found[: len(promised)] == promised
        assert len(set(found)) == len(found)
        assert set(found) <= set(sent)
