"""The buffer against a model of it: a list of payloads, through any order of events.

Events: appends with and without positions, sealing, taking, releasing, setting aside and putting back,
clean restarts, kill -9 with a torn write at the end, a full disk, failed syncs, bits flipped on the medium,
newest segments cut anywhere. The model forgives only what the event itself destroyed, and the buffer must
have said so.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from prologue.buffer.attempts import MOST as MOST_ENDS
from prologue.buffer.disk import DiskBuffer, Surroundings
from prologue.buffer.filesystem import FileSystem
from prologue.buffer.frame import encode_payload, frame_header
from prologue.buffer.scan import scan
from prologue.buffer.segment import DiskSegment
from prologue.buffer.setaside import MOST as MOST_ASIDE
from prologue.buffer.setaside import SetAside
from prologue.buffer.settings import BufferSettings
from prologue.model.errors import BufferFull, TemporaryError
from prologue.model.payload import Payload, PayloadFormat, SourcePosition
from tests.buffer.conftest import FaultyFileSystem
from tests.support.server import wait_until

WAIT = 60
SETTINGS = BufferSettings(
    max_bytes=1 << 20,
    segment_bytes=4096,
    seal_after=3600.0,
    reserve_bytes=4096,
    max_waiting_bytes=1 << 20,
    probe_interval=0.001,
)


@dataclass
class Held:
    """What the model knows of an unreleased segment; `ends` is how many kills in a row it was taken at."""

    payloads: list[bytes]
    batch_id: int | None = None
    ends: int = 0


class BufferMachine(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="buffer-machine-"))
        self.lives = 0
        self.directory = self.root / "0"
        self.filesystem = FaultyFileSystem()
        self.buffer = self._open(self.directory)
        self.recovered_upto = 0
        self.held: dict[int, Held] = {}
        self.aside: dict[int, Held] = {}
        self.taken: dict[int, DiskSegment] = {}
        self.used: set[int] = set()
        self.positions: dict[str, int] = {}
        self.count = 0

    def _open(self, directory: Path) -> DiskBuffer:
        return DiskBuffer(directory, SETTINGS, Surroundings(filesystem=self.filesystem))

    def teardown(self) -> None:
        if hasattr(self, "buffer"):
            self.buffer.close()
            shutil.rmtree(self.root)

    # Events of a healthy life

    def _data(self, size: int) -> bytes:
        self.count += 1
        return b"%08d" % self.count + b"." * size

    def _stored(self, sequence: int, data: bytes) -> None:
        self.held.setdefault(sequence, Held([])).payloads.append(data)
        self.used.add(sequence)

    @rule(sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=6))
    def append(self, sizes: list[int]) -> None:
        datas = [self._data(size) for size in sizes]
        futures = [self.buffer.append(Payload("t", PayloadFormat.LINES, data, 1)) for data in datas]
        for data, future in zip(datas, futures, strict=True):
            self._stored(future.result(WAIT).segment, data)

    @rule(source=st.sampled_from("fg"), size=st.integers(0, 2000), again=st.booleans())
    def append_at_a_position(self, source: str, size: int, again: bool) -> None:
        start = self.positions.get(source, 0)
        data = self._data(size)
        position = SourcePosition(source, start, start + len(data))
        payload = Payload("t", PayloadFormat.LINES, data, 1, position=position)
        futures = [self.buffer.append(payload) for _ in range(1 + again)]
        self._stored(futures[0].result(WAIT).segment, data)
        for repeated in futures[1:]:
            assert repeated.result(WAIT).segment == -1
        self.positions[source] = position.end

    @rule()
    def flush(self) -> None:
        self.buffer.flush(WAIT)
        assert self.buffer.stats().waiting == 0

    @rule()
    def take(self) -> None:
        segment = self.buffer.take(0)
        if segment is None:
            return
        assert isinstance(segment, DiskSegment)
        waiting = [sequence for sequence in self.held if sequence not in self.taken]
        assert segment.sequence == min(waiting)
        self._check(segment)
        self.taken[segment.sequence] = segment

    def _check(self, segment: DiskSegment) -> None:
        held = self.held[segment.sequence]
        assert [bytes(payload.data) for payload in segment.payloads()] == held.payloads
        assert held.batch_id in {None, segment.batch_id}
        held.batch_id = segment.batch_id

    @precondition(lambda self: self.taken)
    @rule(choice=st.integers(0, 100))
    def release(self, choice: int) -> None:
        sequence = sorted(self.taken)[choice % len(self.taken)]
        segment = self.taken.pop(sequence)
        self._check(segment)
        self.buffer.release(segment)
        del self.held[sequence]

    @precondition(lambda self: self.taken)
    @rule(choice=st.integers(0, 100))
    def set_aside(self, choice: int) -> None:
        sequence = sorted(self.taken)[choice % len(self.taken)]
        if len(self.aside) == MOST_ASIDE:
            with pytest.raises(TemporaryError):
                self.buffer.set_aside(self.taken[sequence], "no")
            return
        self.buffer.set_aside(self.taken.pop(sequence), "no")
        self.aside[sequence] = self.held.pop(sequence)
        self.aside[sequence].ends = 0

    # A disk that is full, or fails

    @rule(size=st.integers(0, 3000), positioned=st.booleans())
    def disk_is_full_for_a_while(self, size: int, positioned: bool) -> None:
        self.filesystem.fail = {"write": errno.ENOSPC, "allocate": errno.ENOSPC}
        start = self.positions.get("f", 0)
        position = SourcePosition("f", start, start + size + 1) if positioned else None
        payload = Payload("t", PayloadFormat.LINES, b"x" * (size + 1), 1, position=position)
        for _ in range(2):
            with pytest.raises(BufferFull):
                self.buffer.append(payload).result(WAIT)
            assert self.buffer.stats().disk_full
        self.take()
        if self.taken:
            sequence = min(self.taken)
            self._check(self.taken[sequence])
            try:
                self.buffer.release(self.taken[sequence])
            except TemporaryError:
                assert self.buffer.stats().segments == len(self.held)
            else:
                del self.taken[sequence], self.held[sequence]
        self.filesystem.fail = {}
        wait_until(lambda: not self.buffer.stats().disk_full)

    @rule(size=st.integers(0, 3000), failures=st.integers(1, 3))
    def syncs_fail(self, size: int, failures: int) -> None:
        """What failed is told and is not there; the buffer goes on with another file."""
        self.filesystem.fail = {"sync": [errno.EIO] * failures}
        failed = 0
        while self.filesystem.fail["sync"]:
            with pytest.raises(TemporaryError):
                self.buffer.append(Payload("t", PayloadFormat.LINES, b"y" * size, 1)).result(WAIT)
            failed += 1
        assert failed == failures
        self.filesystem.fail = {}

    # Ends of a life

    @rule()
    def restart(self) -> None:
        assert self.buffer.close() == len(self.held)
        self._reopen(self.directory, killed=False)
        assert (self.buffer.stats().torn_bytes, self.buffer.stats().quarantined_frames) == (0, 0)

    @rule()
    def put_back_what_was_set_aside(self) -> None:
        self.buffer.close()
        assert SetAside(FileSystem(), self.directory).put_back() == len(self.aside)
        self.held = dict(sorted({**self.held, **self.aside}.items()))
        self.aside.clear()
        self._reopen(self.directory, killed=False)

    @rule(torn=st.integers(0, 3000))
    def crash_during_a_write(self, torn: int) -> None:
        directory, newest = self._image()
        if newest is not None:
            found = scan(newest.read_bytes())
            encoded = encode_payload(Payload("t", PayloadFormat.LINES, b"never acknowledged" * 200, 1))
            frame = frame_header(found.marker, len(found.frames), encoded) + encoded.envelope
            with newest.open("ab") as file:
                file.write((frame + bytes(encoded.data))[:torn])
        self._reopen(directory)
        assert self.buffer.stats().torn_bytes == (torn if newest else 0)
        assert self.buffer.stats().quarantined_frames == 0

    @rule(where=st.floats(0, 1, exclude_max=True))
    def newest_segment_cut_anywhere(self, where: float) -> None:
        directory, newest = self._image()
        if newest is not None:
            content = newest.read_bytes()
            cut = int(len(content) * where)
            kept = sum(frame.end <= cut for frame in scan(content).frames)
            newest.write_bytes(content[:cut])
            self._lose(int(newest.stem), lambda index: index >= kept)
        self._reopen(directory)
        self._positions_after_loss()

    @rule(choice=st.integers(0, 100), where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
    def bit_flipped(self, choice: int, where: float, bit: int) -> None:
        directory, newest = self._image()
        if newest is not None:
            paths = sorted(directory.glob("*.segment"))
            path = paths[choice % len(paths)]
            content = bytearray(path.read_bytes())
            frames = scan(bytes(content)).frames
            offset = int(len(content) * where)
            content[offset] ^= 1 << bit
            path.write_bytes(content)
            hit = [index for index, frame in enumerate(frames) if frame.start <= offset < frame.end]
            self._lose(int(path.stem), lambda index: index in hit)
        self._reopen(directory)
        if newest is not None:
            assert self.buffer.stats().quarantined_frames == len(hit)
            assert self.buffer.stats().quarantined_bytes > 0
            # From here on the medium is sound again: a fresh start, so that events do not pile up.
            self._drain_damaged(int(path.stem))
        self._positions_after_loss()

    def _image(self) -> tuple[Path, Path | None]:
        """The directory as a kill -9 would leave it now, and its newest segment."""
        self.lives += 1
        image = self.root / str(self.lives)
        shutil.copytree(self.directory, image)
        for path in image.glob("*.segment"):
            if not path.stat().st_size:  # see the invariant: as if the kill had come before it was made
                path.unlink()
        self.buffer.close()
        shutil.rmtree(self.directory)
        return image, max(image.glob("*.segment"), default=None)

    def _reopen(self, directory: Path, *, killed: bool = True) -> None:
        if killed:
            for sequence in self.taken.keys() & self.held.keys():
                self.held[sequence].ends += sequence <= self.recovered_upto
        self.directory = directory
        self.taken.clear()
        self.recovered_upto = max(self.held, default=0)
        self.buffer = self._open(directory)
        for sequence in [sequence for sequence, held in self.held.items() if held.ends >= MOST_ENDS]:
            if len(self.aside) < MOST_ASIDE:
                self.aside[sequence] = self.held.pop(sequence)
                self.aside[sequence].ends = 0

    def _lose(self, sequence: int, lost) -> None:
        held = self.held[sequence]
        held.payloads = [data for index, data in enumerate(held.payloads) if not lost(index)]
        if not held.payloads:
            del self.held[sequence]

    def _drain_damaged(self, sequence: int) -> None:
        while (segment := self.buffer.take(0)) is not None:
            assert isinstance(segment, DiskSegment)
            self._check(segment)
            if segment.sequence == sequence:
                self.buffer.release(segment)
                del self.held[sequence]
            else:
                self.taken[segment.sequence] = segment

    def _positions_after_loss(self) -> None:
        for source, end in self.positions.items():
            assert self.buffer.durable_position(source) <= end
            self.positions[source] = self.buffer.durable_position(source)

    @invariant()
    def nothing_is_lost_and_nothing_is_invented(self) -> None:
        if not hasattr(self, "buffer"):
            return
        stats = self.buffer.stats()
        assert stats.segments == len(self.held)
        assert stats.set_aside_segments == len(self.aside)
        aside = {int(path.stem): path for path in self.directory.glob("set-aside/*.segment")}
        assert set(aside) == set(self.aside)
        for sequence, path in aside.items():
            payloads = [bytes(frame.payload.data) for frame in scan(path.read_bytes()).frames]
            assert payloads == self.aside[sequence].payloads
        # An empty one is open: the disk was full at its first write, and it is used when there is space.
        on_disk = {int(path.stem): path for path in self.directory.glob("*.segment") if path.stat().st_size}
        assert set(on_disk) == set(self.held)
        assert stats.bytes == sum(path.stat().st_size for path in on_disk.values())
        for source, end in self.positions.items():
            assert self.buffer.durable_position(source) == end

    @precondition(lambda self: self.used)
    @rule()
    def numbers_only_grow(self) -> None:
        highest = max(self.used)
        self.buffer.flush(WAIT)
        data = self._data(10)
        receipt = self.buffer.append(Payload("t", PayloadFormat.LINES, data, 1)).result(WAIT)
        assert receipt.segment > highest
        self._stored(receipt.segment, data)


TestBufferMachine = BufferMachine.TestCase
TestBufferMachine.settings = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
