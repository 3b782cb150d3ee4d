"""Fluent Forward: every mode, every way to be wrong, and no more memory than is said."""

from __future__ import annotations

import gzip
import hashlib
import resource
import struct
import zlib

import msgpack
import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.receive.fluent.handshake import Secrets
from prologue.receive.fluent.session import FluentLimits, FluentSession

MIB = 1024 * 1024
SECRETS = Secrets(b"key", "server", {"web": "word"})


def session(largest: int = MIB, unpacked: int = 4 * MIB, secrets: Secrets | None = None) -> FluentSession:
    return FluentSession("10.0.0.1", FluentLimits(largest, unpacked), secrets)


def feed(*messages: object, into: FluentSession | None = None):
    """What a session makes of messages: records as objects, and the whole of it."""
    taken = list((into or session()).feed(b"".join(map(msgpack.packb, messages))))
    return [orjson.loads(line) for each in taken for line in each.data.splitlines()], taken


def event_time(seconds: int, nanoseconds: int) -> msgpack.ExtType:
    return msgpack.ExtType(0, struct.pack(">II", seconds, nanoseconds))


EVENTS = [[1_700_000_000, {"message": "a"}], [event_time(1_700_000_001, 5), {"message": "b", "n": {"x": 1}}]]
PACKED = b"".join(map(msgpack.packb, EVENTS))
EXPECTED = [
    {"fluent_tag": "t", "network_peer_address": "10.0.0.1", "fluent_time": 1_700_000_000, "message": "a"},
    {
        "fluent_tag": "t",
        "network_peer_address": "10.0.0.1",
        "fluent_time": 1_700_000_001_000_000_005,
        "message": "b",
        "n": {"x": 1},
    },
]
ZSTD = zstandard.ZstdCompressor()
MODES = {
    "forward": ["t", EVENTS],
    "forward with option": ["t", EVENTS, {"size": 2}],
    "packed": ["t", PACKED],
    "packed with no option": ["t", PACKED, None],
    "gzip": ["t", gzip.compress(PACKED), {"compressed": "gzip"}],
    "gzip of several": [
        "t",
        b"".join(gzip.compress(msgpack.packb(e)) for e in EVENTS),
        {"compressed": "gzip"},
    ],
    "zstd": ["t", ZSTD.compress(PACKED), {"compressed": "zstd"}],
    "said to be text": ["t", PACKED, {"compressed": "text"}],
}


@pytest.mark.parametrize("mode", MODES)
def test_modes(mode):
    records, [taken] = feed(MODES[mode])
    assert records == EXPECTED
    assert (taken.records, taken.error, taken.receipt) == (2, None, b"")


def test_message_mode():
    records, _ = feed(["t", *EVENTS[0]], ["t", *EVENTS[1], {"chunk": "c"}])
    assert records == EXPECTED


def test_packed_events_as_the_text_of_old_senders():
    """Before MessagePack knew bytes everything was text, UTF-8 or not."""
    packer = msgpack.Packer(use_bin_type=False)
    taken = session().feed(packer.pack([b"t", PACKED]))
    records = [orjson.loads(line) for each in taken for line in each.data.splitlines()]
    assert records == EXPECTED


@pytest.mark.parametrize("size", [1, 7, 100])
def test_however_the_bytes_are_cut(size):
    stream = b"".join(map(msgpack.packb, MODES.values()))
    one = session()
    taken = [each for place in range(0, len(stream), size) for each in one.feed(stream[place : place + size])]
    assert sum(each.records for each in taken) == 2 * len(MODES)
    assert one.held == 0
    assert one._unpacker is None  # which is what makes an idle connection cheap


def test_a_receipt_for_each_chunk_that_asks_for_one():
    _, taken = feed(["t", EVENTS, {"chunk": "a"}], ["t", EVENTS], ["t", PACKED, {"chunk": "b"}])
    assert [each.receipt for each in taken] == [msgpack.packb({"ack": "a"}), b"", msgpack.packb({"ack": "b"})]
    _, [empty] = feed(["t", [], {"chunk": "c"}])
    assert (empty.reply, empty.receipt) == (msgpack.packb({"ack": "c"}), b"")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"a": 1}, "no [tag"),
        (["t"], "no [tag"),
        ([5, EVENTS], "no [tag"),
        (["t", 5], "without a record"),
        (["t", PACKED[:-3]], "breaks off"),
        (["t", b"\xc1"], "not MessagePack"),
        (["t", PACKED, {"compressed": "gzip"}], "not valid gzip"),
        (["t", PACKED, {"compressed": "lzma"}], "lzma"),
        (["t", PACKED, 5], "no map"),
        (["t", PACKED, {"fluent_signal": 1}], "metrics"),
        (["t", gzip.compress(bytes(10 * MIB)), {"compressed": "gzip"}], "once unpacked"),
    ],
)
def test_a_message_that_is_none_is_refused_and_the_next_is_taken(message, reason):
    records, taken = feed(message, ["t", EVENTS])
    assert reason in taken[0].error.message
    assert not taken[0].close
    assert not taken[0].receipt
    assert records == EXPECTED


@pytest.mark.parametrize(
    "event", [[1], ["x", {"a": 1}], [1, None], 7, [1, {"a": 1}, 3], [-1, {}], [[], {}], None, "ab"]
)
def test_an_event_that_is_none_is_kept_beside_good_ones(event):
    records, [taken] = feed(["t", [EVENTS[0], event, EVENTS[1]], {"chunk": "c"}])
    assert (records[0], records[2]) == (EXPECTED[0], EXPECTED[1])
    assert records[1]["__error__"] == "FluentParserErr"
    assert orjson.loads(records[1]["_msg"]) == event
    assert taken.receipt


def test_what_a_record_may_hold():
    record = {
        "log": "line\n",
        "raw": b"\xff\x00",
        "extension": msgpack.ExtType(7, b"\x01\x02"),
        "at": event_time(1, 2),
        "big": 2**64 - 1,
        "none": None,
        "list": [1, [2]],
    }
    [found], _ = feed(["t", 1.5, record])
    assert found["log"] == "line"
    assert found["fluent_time"] == 1_500_000_000
    assert (found["raw"], found["extension"], found["at"]) == ("\ufffd\x00", "0102", 1_000_000_002)
    assert (found["big"], found["none"], found["list"]) == (2**64 - 1, None, [1, [2]])


def test_text_that_is_not_utf_8():
    packed = b"\x93\xa1t\x01\x81\xa7message\xa3a\xffb"
    [taken] = session().feed(packed)
    assert orjson.loads(taken.data)["message"] == "a\ufffdb"


def test_a_tag_and_a_chunk_s_name_that_are_not_utf_8():
    packed = b"\x93\xa2\xfft\x91\x92\x01\x81\xa7message\xa1m\x81\xa5chunk\xa2\xffc"
    [taken] = session().feed(packed)
    assert orjson.loads(taken.data)["fluent_tag"] == "\ufffdt"
    assert taken.receipt == b"\x81\xa3ack\xa2\xffc"


def test_a_record_without_a_message_is_its_own():
    [found], _ = feed(["t", 1, {"method": "GET", "status": 200}])
    assert orjson.loads(found["_msg"]) == {"method": "GET", "status": 200}


def test_fluent_bit_s_metadata_and_kubernetes():
    kubernetes = {"container_name": "c", "labels": {"app": "shop"}, "pod_name": "p"}
    [found, other], _ = feed(
        ["t", [[[event_time(1, 0), {"otlp": 1}], {"log": "x", "kubernetes": kubernetes}]]],
        ["t", [[[event_time(1, 0), {}], {"log": "x", "kubernetes": {"container_name": "c", "labels": 5}}]]],
    )
    assert (found["metadata"], found["service_name"], found["fluent_time"]) == ({"otlp": 1}, "shop", 10**9)
    assert (other["service_name"], "metadata" in other) == ("c", False)


def test_docker_s_container_name():
    [found], _ = feed(["t", 1, {"log": "x", "container_name": "/web"}])
    assert (found["service_name"], found["container_name"]) == ("web", "/web")


def nested(levels: int) -> bytes:
    return b"\x91" * levels + b"\x01"


@pytest.mark.parametrize(
    "data",
    [
        b"\x93\xa1t\x01" + nested(100_000),
        b"\xdd\xff\xff\xff\xff",  # an array of four thousand million elements
        b"\xdf\xff\xff\xff\xff",  # a map
        b"\xc6\xff\xff\xff\xff",  # bytes
        b"\xdb\xff\xff\xff\xff",  # text
        b"\xc9\xff\xff\xff\xff\x01",  # an extension
        (b"\xdd\x00\x01\xff\xff") * 3000,  # arrays in arrays, each of as many elements as is allowed
        b"\xc1",
        b"\x93\xa1t\x01\x81\x05\x05",  # a key that is no text
    ],
    ids=["deep", "array", "map", "bytes", "text", "extension", "arrays", "never used", "key"],
)
def test_what_is_no_messagepack_or_over_a_limit_ends_the_connection(data):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    one = session()
    taken = list(one.feed(data))
    while not taken:  # what is claimed of text is refused when more than may be has come
        taken += one.feed(bytes(100_000))
        assert one.held <= MIB
    assert taken[-1].close
    assert taken[-1].error is not None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


def test_deep_but_allowed_nesting_is_kept_with_a_reason():
    value: object = 1
    for _ in range(300):
        value = [value]
    records, _ = feed(["t", 1, {"message": "m", "deep": value}], ["t", *EVENTS[0]])
    assert "nested" in records[0]["__error_details__"]
    assert orjson.loads(records[0]["_msg"]) == [1, {"message": "m", "deep": value}]
    assert records[1] == EXPECTED[0]


def test_what_no_line_can_hold_is_refused_and_not_acknowledged():
    record = b"\x82\xa7message\xa1m\xa4deep" + nested(1010)
    taken = session().feed(b"\x94\xa1t\x01" + record + b"\x81\xa5chunk\xa1c" + msgpack.packb(["t", EVENTS]))
    assert "900 levels" in taken[0].error.message
    assert (taken[0].receipt, taken[0].reply) == (b"", b"")
    assert taken[1].records == 2


def test_a_message_that_never_ends_is_given_up():
    one = session(largest=10_000)
    assert not one.feed(b"\x92\xa1t\xdd\x00\x00\x20\x00")  # 8,192 elements
    taken: list = []
    while not taken:
        taken += one.feed(msgpack.packb("x" * 100))
        assert one.held <= 10_000
    assert taken[-1].close
    assert one.held == 0


def digest(*parts: bytes) -> str:
    return hashlib.sha512(b"".join(parts)).hexdigest()


def ping(
    helo: bytes, *, key: bytes = b"key", user: str = "web", password: str = "word", salt: bytes = b"\xff\xfe"
) -> bytes:
    kind, options = msgpack.unpackb(helo)
    assert (kind, options["keepalive"]) == ("HELO", True)
    proof = digest(salt, b"client", options["nonce"], key)
    packer = msgpack.Packer(use_bin_type=False)  # Fluent Bit sends its salt as text, which it is not
    return packer.pack(
        ["PING", "client", salt, proof, user, digest(options["auth"], user.encode(), password.encode())]
    )


@pytest.mark.parametrize("size", [1, 50, 1000])
def test_the_handshake(size):
    one = session(secrets=SECRETS)
    helo = one.greeting()
    said = ping(helo) + msgpack.packb(["t", EVENTS])
    taken = [each for place in range(0, len(said), size) for each in one.feed(said[place : place + size])]
    kind, ok, reason, name, proof = msgpack.unpackb(taken[0].reply)
    assert (kind, ok, reason, name) == ("PONG", True, "", "server")
    assert proof == digest(b"\xff\xfe", b"server", msgpack.unpackb(helo)[1]["nonce"], b"key")
    assert sum(each.records for each in taken) == 2


def test_every_connection_has_a_nonce_of_its_own():
    assert session(secrets=SECRETS).greeting() != session(secrets=SECRETS).greeting()


@pytest.mark.parametrize("wrong", [{"key": b"other"}, {"user": "nobody"}, {"password": "guess"}])
def test_who_does_not_know_the_secrets_is_refused(wrong):
    one = session(secrets=SECRETS)
    [taken] = one.feed(ping(one.greeting(), **wrong))
    assert msgpack.unpackb(taken.reply)[1] is False
    assert taken.close
    assert "handshake failed" in taken.error.message


@pytest.mark.parametrize(
    "said",
    [
        msgpack.packb(["t", EVENTS]),
        msgpack.packb(["PING", "client", "salt"]),
        msgpack.packb(["PING", 1, 2, 3, 4, 5]),
        b"\xc1",
        b"\xdb\xff\xff\xff\xff" + b"x" * 9000,
        msgpack.packb(7),
    ],
)
def test_events_without_the_handshake_are_refused(said):
    one = session(secrets=SECRETS)
    one.greeting()
    taken = [each for place in range(0, len(said), 1000) for each in one.feed(said[place : place + 1000])]
    assert taken[0].close
    assert not any(each.records for each in taken)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(messages=st.lists(VALUES, max_size=4))
def test_any_messagepack(messages):
    one = session()
    for message in messages:
        for taken in one.feed(msgpack.packb(message)):
            assert taken.data.count(b"\n") == taken.records


@settings(max_examples=400, deadline=None)
@given(option=VALUES, event=VALUES, more=st.lists(VALUES, max_size=2))
def test_any_value_where_events_stand(option, event, more):
    for message in (
        ["t", [event], option],
        ["t", 1, event, option],
        ["t", msgpack.packb(event)],
        ["t", event, *more],
    ):
        records, _ = feed(message)
        assert all(record["fluent_tag"] == "t" for record in records)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_damaged_messages(data):
    """Bytes changed, cut out and repeated in good messages."""
    stream = bytearray(b"".join(map(msgpack.packb, MODES.values())))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(stream) - 1))
        stream[place : place + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    one = session()
    for place in range(0, len(stream), 97):
        if any(taken.close for taken in one.feed(bytes(stream[place : place + 97]))):
            break
        assert one.held <= MIB


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_in_the_handshake(chunks):
    one = session(secrets=SECRETS)
    one.greeting()
    for chunk in chunks:
        taken = one.feed(chunk)
        assert not any(each.records for each in taken)
        if any(each.close for each in taken):
            break


def test_zlib_is_not_gzip():
    _, [taken] = feed(["t", zlib.compress(PACKED), {"compressed": "gzip"}])
    assert taken.error is not None


def test_names_that_are_bytes():
    """Ruby packs strings without an encoding so: one such record must not end the connection, with the good
    ones beside it, each time it is sent again."""
    records, [taken, _] = feed(
        ["t", [[1, {b"message": "m", b"n": {b"x\xff": 1}}], *EVENTS], {"chunk": "c"}], ["t", *EVENTS[0]]
    )
    assert (records[0]["message"], records[0]["n"]) == ("m", {"x\ufffd": 1})
    assert records[1:] == [*EXPECTED, EXPECTED[0]]
    assert (taken.error, taken.receipt) == (None, msgpack.packb({"ack": "c"}))
    [odd], _ = feed(["t", [["no time", {b"a": {b"b": 1}}]]])
    assert orjson.loads(odd["_msg"]) == ["no time", {"a": {"b": 1}}]


def bomb(lists: int) -> bytes:
    """An array of empty arrays: a byte each as they travel, 80 in memory."""
    inner = b"\xdc\xff\xff" + b"\x90" * 65535
    return b"\xdd" + struct.pack(">I", lists // 65536) + inner * (lists // 65536)


@pytest.mark.parametrize("packed", [True, False])
def test_small_bytes_cannot_become_a_great_many_objects(packed, monkeypatch):
    monkeypatch.setattr("prologue.receive.fluent.events.MOST_CONTAINERS", MIB)
    monkeypatch.setattr("prologue.receive.fluent.session.MOST_CONTAINERS", MIB)
    one = session(64 * MIB, 64 * MIB)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    events = msgpack.packb(EVENTS[0]) + b"\x92\x01\x81\xa1x" + bomb(24 * MIB)
    if packed:
        message = msgpack.packb(["t", gzip.compress(events), {"compressed": "gzip", "chunk": "c"}])
    else:
        message = b"\x93\xa1t\x01\x81\xa1x" + bomb(24 * MIB)
    size = 256 * 1024
    fed = (one.feed(message[at : at + size]) for at in range(0, len(message), size))
    taken = next(found for found in fed if found)
    assert "lists and maps" in taken[0].error.message
    assert (taken[0].receipt, taken[0].close) == (b"", not packed)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # KiB


def test_text_of_such_bytes_is_no_harm(monkeypatch):
    """A third of Chinese text looks like lists; many such events are not one with many lists."""
    monkeypatch.setattr("prologue.receive.fluent.events.MOST_CONTAINERS", 1000)
    events = b"".join(msgpack.packb([1, {"message": "\u4e00\u4e00" * 100}]) for _ in range(50))
    records, [taken] = feed(["t", events])
    assert (len(records), taken.error) == (50, None)
