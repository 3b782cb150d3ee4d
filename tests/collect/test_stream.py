"""What a program writes into a pipe: records of several lines stay whole however the writes are cut."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prologue.collect.context import Context
from prologue.collect.multiline import read_option
from prologue.collect.settings import CollectSettings
from prologue.collect.stream import StreamReader
from prologue.model.errors import BufferFull, ConfigError
from prologue.model.multiline import PRESETS, Rule
from prologue.ship.unwrap import unwrap
from tests.collect.conftest import MemorySink
from tests.support.server import wait_until
from tests.support.traces import LANGUAGES, plain, records_of


def reader_of(sink: MemorySink, fd: int, rule: Rule | None, **changes: Any) -> StreamReader:
    quick = {"tick_s": 0.01, "host": "h1", "time_zone": "UTC", "multiline_wait_s": 30.0}
    context = Context(sink, CollectSettings(root=Path("/nowhere"), **(quick | changes)))
    return StreamReader(context, fd, "stdin", labels={"source": "stdin", "service_name": "s"}, rule=rule)


def bodies(sink: MemorySink) -> list[str]:
    return [body for payload in list(sink.payloads) for body in unwrap(payload).bodies]


@pytest.mark.parametrize("language", LANGUAGES)
def test_records_are_whole_wherever_a_write_ends(language: str) -> None:
    records, dice = records_of(language) * 20, random.Random(language)
    data, sink = plain(records), MemorySink()
    ours, theirs = os.pipe()
    reader = reader_of(sink, ours, PRESETS[language], chunk_bytes=len(data) // 5)
    thread = threading.Thread(target=reader.run, daemon=True)
    thread.start()
    at = 0
    while at < len(data):
        at += os.write(theirs, data[at : at + dice.randrange(1, 400)])
        threading.Event().wait(dice.choice([0.0, 0.0, 0.005]))
    os.close(theirs)
    thread.join(30)
    os.close(ours)
    assert b"".join(bytes(payload.data) for payload in sink.payloads) == data
    assert len(sink.payloads) > 1
    assert bodies(sink) == [record.decode().rstrip("\n") for record in records]
    assert reader.counts.split == 0


def test_a_record_is_over_when_nothing_follows(eventually: Callable[..., None]) -> None:
    sink = MemorySink()
    ours, theirs = os.pipe()
    reader = reader_of(sink, ours, PRESETS["java"], multiline_wait_s=0.1)
    thread = threading.Thread(target=reader.run, daemon=True)
    thread.start()
    os.write(theirs, b"ERROR cannot pay\n\tat shop.Cart.pay(Cart.java:12)\n")
    eventually(lambda: bodies(sink) == ["ERROR cannot pay\n\tat shop.Cart.pay(Cart.java:12)"])
    os.close(theirs)
    thread.join(30)
    os.close(ours)


def test_a_record_longer_than_a_chunk_is_cut_at_a_line_and_counted() -> None:
    data = b"ERROR long\n" + b"".join(b"\tat frame %04d\n" % number for number in range(1000))
    sink = MemorySink()
    ours, theirs = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(theirs, data), os.close(theirs)), daemon=True)
    writer.start()
    reader = reader_of(sink, ours, PRESETS["java"], chunk_bytes=4096)
    reader.run()
    writer.join(30)
    os.close(ours)
    assert b"".join(bytes(payload.data) for payload in sink.payloads) == data
    assert all(bytes(payload.data).endswith(b"\n") for payload in sink.payloads)
    assert reader.counts.split > 0


def test_a_rule_of_the_command_line_that_is_wrong_is_told_with_its_place() -> None:
    assert read_option("") is None
    assert read_option("go") is PRESETS["go"]
    with pytest.raises(ConfigError, match="--multiline says 'cobol', which is no rule"):
        read_option("cobol")
    with pytest.raises(ConfigError, match="wrong at character 2"):
        read_option("start: a(b")


@pytest.mark.parametrize("answers", ["none", "refusals"])
def test_what_a_finished_stream_cannot_ship_is_given_up(answers: str) -> None:
    sink = MemorySink()
    if answers == "none":
        sink.hold = True
    else:
        sink.on_append = lambda _: BufferFull("full")
    ours, theirs = os.pipe()
    os.write(theirs, b"kept open\n")
    reader = reader_of(sink, ours, None)
    reading = threading.Thread(target=reader.run, daemon=True)
    reading.start()
    wait_until(lambda: reader.counts.bytes == 10)
    reader.finish(0.2)
    reader.finish(3600.0)  # a second signal does not prolong it
    reading.join(30)
    assert not reading.is_alive()
    assert (reader.counts.bytes, reader.counts.acked_bytes) == (10, 0)
    os.close(ours)
    os.close(theirs)
