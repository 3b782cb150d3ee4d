"""Whose reads they are: what they cost, and how they are stopped."""

from __future__ import annotations

import itertools
import threading

import pytest

from prologue.model.errors import Cancelled
from prologue.store.engine import Usage
from prologue.store.reader import CALL, Call, Reader
from tests.support.server import wait_until

ENDLESS = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"


@pytest.fixture
def reader(open_engine):
    reader = Reader(open_engine, size=2)
    yield reader
    reader.close()


def called(call: Call, work) -> None:
    token = CALL.set(call)
    try:
        work()
    finally:
        CALL.reset(token)


def test_a_call_adds_up_its_reads(reader):
    call = Call()
    called(call, lambda: [reader.arrow("SELECT sum(number) FROM numbers(500)") for _ in range(2)])
    assert (call.usage.rows, call.usage.bytes) == (1000, 8000)


def test_a_call_knows_how_long_it_waited_for_its_turns(open_engine):
    reader = Reader(open_engine, clock=itertools.count().__next__)
    call = Call()
    called(call, lambda: [reader.arrow("SELECT 1") for _ in range(3)])
    assert call.usage.waited == 3, "one tick of the clock for each read"
    reader.close()


def test_reads_without_a_call_are_nobodys(reader):
    call = Call()
    reader.arrow("SELECT 1")
    assert call.usage == Usage()


def test_a_running_read_is_stopped_and_its_connection_goes_on(reader):
    call, failed = Call(), []

    def read() -> None:
        try:
            called(call, lambda: reader.arrow(ENDLESS))
        except Cancelled as error:
            failed.append(error)

    running = threading.Thread(target=read)
    running.start()
    tagged = "SELECT count() AS n FROM system.processes WHERE Settings['log_comment'] = {tag:String}"
    wait_until(lambda: reader.arrow(tagged, {"tag": call.tag})["n"][0].as_py() == 1)
    reader.cancel(call)
    running.join(30)
    assert not running.is_alive()
    assert failed
    assert [reader.arrow("SELECT 1 AS n").to_pylist() for _ in range(2)] == [[{"n": 1}]] * 2


def test_a_cancelled_call_starts_nothing(reader):
    call = Call()
    reader.cancel(call)
    with pytest.raises(Cancelled):
        called(call, lambda: reader.arrow(ENDLESS))


def test_cancelling_one_call_leaves_others_alone(reader):
    mine, other = Call(), Call()
    reader.cancel(mine)
    called(other, lambda: reader.arrow("SELECT 1"))
    assert other.usage.rows == 1
