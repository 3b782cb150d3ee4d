"""GELF's framings: NUL bytes over TCP; compression and chunks in datagrams."""

from __future__ import annotations

import gzip
import json
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import PayloadError
from prologue.receive.gelf.frames import GelfDatagrams, GelfSession
from prologue.receive.gelf.receiver import decode
from prologue.receive.settings import ReceiveSettings

MESSAGE = json.dumps({"host": "h", "short_message": "x" * 3000, "_n": list(range(200))}).encode()


def datagrams(largest: int = 10_000, waiting: int = 50_000) -> GelfDatagrams:
    return GelfDatagrams(largest, waiting)


def chunks(message: bytes, size: int, name: bytes = b"12345678") -> list[bytes]:
    parts = [message[place : place + size] for place in range(0, len(message), size)]
    return [b"\x1e\x0f" + name + bytes([number, len(parts)]) + part for number, part in enumerate(parts)]


def lines(taken) -> list[bytes]:
    return [line.partition(b"\t")[2] for each in taken for line in each.data.splitlines()]


def errors(taken) -> list[str]:
    return [each.error.message for each in taken if each.error is not None]


@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_messages_over_a_connection(size):
    session = GelfSession("a", 10_000)
    stream = b'{"a":1}\0{\n"b":\r\n2}\0\0' + MESSAGE + b"\0" + b'{"last":1}'
    taken = [
        each for place in range(0, len(stream), size) for each in session.feed(stream[place : place + size])
    ]
    taken += session.end()
    found = [line for line in lines(taken) if line]
    assert [json.loads(line) for line in found] == [{"a": 1}, {"b": 2}, json.loads(MESSAGE), {"last": 1}]
    assert session.held == 0


def test_too_long_a_message_ends_the_connection():
    session = GelfSession("a", 100)
    assert session.feed(b"x" * 90) == ()
    taken = session.feed(b"x" * 90)
    assert taken[-1].close
    assert "gelf.max_message_bytes" in taken[-1].error.cure
    assert lines(taken) == [b"x" * 180]


@pytest.mark.parametrize("pack", [bytes, zlib.compress, gzip.compress])
def test_one_datagram(pack):
    assert lines(datagrams().take([(pack(MESSAGE), "a")], 0.0)) == [MESSAGE]


@pytest.mark.parametrize("pack", [bytes, zlib.compress, gzip.compress])
def test_chunks_in_any_order_and_twice(pack):
    sent = [(part, "a") for part in chunks(pack(MESSAGE), 64)] * 2
    random.Random(1).shuffle(sent)
    assert lines(datagrams().take(sent, 0.0)).count(MESSAGE) >= 1


def test_messages_of_several_senders_do_not_mix():
    first, second = chunks(b'{"a":1}', 4), chunks(b'{"b":2}', 4)
    taken = datagrams().take([(first[0], "x"), (second[0], "y"), (second[1], "y"), (first[1], "x")], 0.0)
    assert lines(taken) == [b'{"b":2}', b'{"a":1}']


def test_a_message_whose_chunks_do_not_all_come_is_counted_as_lost():
    listener = datagrams()
    assert not listener.take([(part, "a") for part in chunks(MESSAGE, 100)[:-1]], 10.0)
    assert not listener.take([], 14.9)
    [taken] = listener.take([], 15.1)
    assert (taken.lost, taken.records) == (1, 0)
    assert "chunks came" in taken.error.message
    assert listener._held == 0


def test_incomplete_messages_hold_a_bounded_memory():
    listener = datagrams(waiting=5000)
    for number in range(1000):
        name = number.to_bytes(8, "big")
        listener.take([(chunks(b"z" * 200, 100, name)[0], "a")], 0.0)
        assert listener._held <= 5000
    assert lines(listener.take([(b'{"ok":1}', "a")], 0.0)) == [b'{"ok":1}']


def test_a_message_of_chunks_is_not_larger_than_others():
    listener = datagrams(largest=1000)
    assert errors(listener.take([(part, "a") for part in chunks(b"z" * 5000, 100)], 0.0))


def test_a_bomb_is_refused():
    taken = datagrams().take([(zlib.compress(b"0" * 10_000_000), "a"), (b'{"ok":1}', "a")], 0.0)
    assert lines(taken) == [b'{"ok":1}']
    assert len(errors(taken)) == 1


@pytest.mark.parametrize(
    "data",
    [b"\x1e\x0f123", b"\x1e\x0f12345678\x00\x00", b"\x1e\x0f12345678\x05\x02", b"\x1e\x0f12345678\x00\xff"],
)
def test_broken_chunks_are_refused(data):
    assert len(errors(datagrams().take([(data, "a")], 0.0))) == 1


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(st.binary(max_size=40).map(lambda b: b), st.sampled_from("ab"), st.booleans()), max_size=20
    )
)
def test_any_datagrams(sent):
    listener = datagrams(largest=100, waiting=200)
    for number, (data, address, chunked) in enumerate(sent):
        listener.take([(b"\x1e\x0f" + data if chunked else data, address)], number / 2)
        assert 0 <= listener._held <= 200


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200), size=st.integers(1, 30))
def test_any_bytes_over_a_connection(data, size):
    session = GelfSession("a", 50)
    for place in range(0, len(data), size):
        for each in session.feed(data[place : place + size]):
            assert each.data.count(b"\n") == each.records
        assert session.held <= 50
    session.end()


def test_over_http_one_object_may_have_several_lines(make_push):
    pretty = json.dumps({"host": "h", "short_message": "m"}, indent=2).encode()
    [payload] = decode(make_push(pretty), ReceiveSettings()).payloads
    assert json.loads(payload.data)["short_message"] == "m"
    assert b"\n" not in payload.data


@pytest.mark.parametrize("body", [b"", b" \n", b"no json", b"[1]", b"no\nlines"])
def test_over_http_a_body_without_an_object_is_refused(make_push, body):
    with pytest.raises(PayloadError):
        decode(make_push(body), ReceiveSettings())
