"""Spools of processes that are gone are shipped; those of the living and the young are left alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from prologue.app.agent.adopt import Adopter
from prologue.buffer.disk import DiskBuffer
from prologue.model.payload import Payload, PayloadFormat, Receipt
from tests.support.server import wait_until


class Sink:
    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def append(self, payload: Payload) -> Future[Receipt]:
        self.taken.append(bytes(payload.data))
        future: Future[Receipt] = Future()
        future.set_result(Receipt(0))
        return future

    def durable_position(self, source: str) -> int:
        return 0


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def adopter(tmp_path: Path, sink: Sink) -> Iterator[Adopter]:
    made = Adopter(tmp_path, sink, 1 << 20)
    yield made
    made.close()


def left_behind(folder: Path, *, old: bool = True, alive: bool = False) -> DiskBuffer:
    buffer = DiskBuffer(folder)
    buffer.append(Payload("t", PayloadFormat.LINES, b"line\n", 1)).result(10)
    if not alive:
        buffer.close()
    if old:
        os.utime(folder, (1, 1))
    return buffer


def test_what_was_left_is_shipped_and_its_folder_removed(
    tmp_path: Path, sink: Sink, adopter: Adopter
) -> None:
    left_behind(tmp_path / "a")
    adopter.look()
    wait_until(lambda: sink.taken == [b"line\n"])
    wait_until(lambda: adopter.look() or not (tmp_path / "a").exists())


def test_the_young_and_the_living_are_left_alone(tmp_path: Path, sink: Sink, adopter: Adopter) -> None:
    left_behind(tmp_path / "young", old=False)
    living = left_behind(tmp_path / "living", alive=True)
    adopter.look()
    assert sink.taken == []
    assert (tmp_path / "young").exists()
    living.close()


def test_an_empty_one_is_removed(tmp_path: Path, sink: Sink, adopter: Adopter) -> None:
    DiskBuffer(tmp_path / "empty").close()
    os.utime(tmp_path / "empty", (1, 1))
    adopter.look()
    assert not (tmp_path / "empty").exists()
