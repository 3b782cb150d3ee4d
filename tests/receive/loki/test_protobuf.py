"""Loki push in protobuf, against an encoder built from Loki's own schema."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import LimitError, PayloadError
from prologue.receive.loki.protobuf import decode_protobuf
from prologue.receive.settings import ReceiveSettings

SETTINGS = ReceiveSettings()
NS = 1_700_000_000_123_456_789


def request(push_request, *streams):
    """A push request of `(labels, [(ns, line, {metadata})])`."""
    message = push_request()
    for labels, entries in streams:
        stream = message.streams.add(labels=labels, hash=12345)
        for time, line, metadata in entries:
            entry = stream.entries.add(line=line)
            if time is not None:
                entry.timestamp.FromNanoseconds(time)
            for name, value in metadata.items():
                entry.structuredMetadata.add(name=name, value=value)
    return message


def test_every_column(push_request, make_push, rows):
    body = request(
        push_request,
        ('{app="cart"}', [(NS, "first", {"trace.id": "t1", "user": "u", "span_id": "s1"}), (NS + 1, "", {})]),
        ('{app="pay"}', [(NS, "日志", {"k": "v"})]),
    ).SerializeToString()
    got = rows(decode_protobuf(make_push(body), SETTINGS))
    absent = {"severity_number": 0, "severity_text": "", "trace_id": "", "span_id": ""}
    cart, pay = '{"app":"cart","service_name":"cart"}', '{"app":"pay","service_name":"pay"}'
    arrival = 1_760_000_000_123_456_789
    assert got == [
        {
            "timestamp": NS,
            "observed": arrival,
            "stream": cart,
            "body": b"first",
            "attributes": {"user": "u"},
            **absent,
            "trace_id": "t1",
            "span_id": "s1",
        },
        {"timestamp": NS + 1, "observed": arrival, "stream": cart, "body": b"", "attributes": {}, **absent},
        {
            "timestamp": NS,
            "observed": arrival,
            "stream": pay,
            "body": "日志".encode(),
            "attributes": {"k": "v"},
            **absent,
        },
    ]


@pytest.mark.parametrize(
    ("time", "stored"),
    [
        pytest.param(1, 1, id="the first nanosecond"),
        pytest.param(NS, NS, id="today"),
        pytest.param(4_102_444_800_000_000_000, 4_102_444_800_000_000_000, id="the year 2100"),
        pytest.param(9_223_372_034_999_999_999, 9_223_372_034_999_999_999, id="nearly the last one"),
        pytest.param(0, 1_760_000_000_123_456_789, id="zero takes the arrival"),
        pytest.param(None, 1_760_000_000_123_456_789, id="none takes the arrival"),
        pytest.param(-5_000_000_000, 1_760_000_000_123_456_789, id="before 1970 takes the arrival"),
    ],
)
def test_any_age_is_taken(push_request, make_push, rows, time, stored):
    body = request(push_request, ("{}", [(time, "x", {})])).SerializeToString()
    assert rows(decode_protobuf(make_push(body), SETTINGS))[0]["timestamp"] == stored


def varint(number: int) -> bytes:
    out = bytearray()
    number &= 2**64 - 1
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number: int, value: bytes | int) -> bytes:
    """One field as the wire has it: an int as varint, bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def body_of(*entries: bytes, labels: bytes = b"{}") -> bytes:
    return field(1, field(1, labels) + b"".join(field(2, entry) for entry in entries))


GOOD = field(1, field(1, 1_700_000_000)) + field(2, b"good")

UNUSUAL = {
    "line before time": (field(2, b"x") + field(1, field(1, 5) + field(2, 6)), 5_000_000_006, b"x"),
    "nanos before seconds": (field(1, field(2, 6) + field(1, 5)) + field(2, b"x"), 5_000_000_006, b"x"),
    "unknown fields": (
        field(9, b"?") + field(1, field(1, 5)) + field(15, 7) + field(2, b"x") + field(200, b"!"),
        5_000_000_000,
        b"x",
    ),
    "the last of two lines": (field(1, field(1, 5)) + field(2, b"a") + field(2, b"x"), 5_000_000_000, b"x"),
    "fixed-size unknown fields": (
        b"\x79" + b"\0" * 8 + b"\x7d" + b"\0" * 4 + field(1, field(1, 5)) + field(2, b"x"),
        5_000_000_000,
        b"x",
    ),
    "an unknown group": (b"\x7b\x08\x01\x7c" + field(1, field(1, 5)) + field(2, b"x"), 5_000_000_000, b"x"),
    "over-long varints": (b"\x0a\x82\x80\x00\x08\x05" + field(2, b"x"), 5_000_000_000, b"x"),
    "bytes that are no UTF-8": (field(1, field(1, 5)) + field(2, b"\xff\xfe"), 5_000_000_000, b"\xff\xfe"),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_entries_of_unusual_shape(make_push, rows, name):
    entry, time, line = UNUSUAL[name]
    got = rows(decode_protobuf(make_push(body_of(GOOD, entry, GOOD)), SETTINGS))
    assert [row["body"] for row in got] == [b"good", line, b"good"]
    assert got[1]["timestamp"] == time


def test_metadata_that_is_no_utf8_is_kept_with_replacement(make_push, rows):
    entry = GOOD + field(3, field(1, b"k\xff") + field(2, b"v\xff"))
    assert rows(decode_protobuf(make_push(body_of(entry)), SETTINGS))[0]["attributes"] == {"k_": "v\ufffd"}


def test_many_pairs_in_one_entry(make_push, rows):
    pairs = b"".join(field(3, field(1, b"k%d" % n) + field(2, b"%d" % n)) for n in range(900))
    got = rows(decode_protobuf(make_push(body_of(GOOD, GOOD + pairs)), SETTINGS))
    assert got[0]["attributes"] == {}
    assert got[1]["attributes"] == {f"k{n}": str(n) for n in range(900)}


BROKEN = {
    "a cut entry": (field(1, field(1, 5)) + b"\x12\x7fshort", 1, "not protobuf"),
    "a cut timestamp": (field(1, b"\x08") + field(2, b"x"), 1, "not protobuf"),
    "a cut pair": (GOOD + field(3, b"\x0a\x05a"), 1, "not protobuf"),
    "an endless varint": (b"\x0a" + b"\xff" * 11, 1, "not protobuf"),
    "a length of nearly 2**64": (b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 1, "not protobuf"),
    "field number 0": (b"\x00\x01", 1, "not protobuf"),
    "nanoseconds of a second and more": (field(1, field(1, 5) + field(2, 10**9)), 1, "out of range"),
    "negative nanoseconds": (field(1, field(1, 5) + field(2, -1)), 1, "out of range"),
    "seconds beyond 64 bits of ns": (field(1, field(1, 2**40)), 1, "out of range"),
    "1001 pairs": (GOOD + field(3, b"") * 1001, 1, "more than 1000 attributes"),
    "100000 pairs": (GOOD + field(3, b"") * 100_000, 1, "more than 1000 attributes"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_entries_are_named(make_push, name):
    entry, index, reason = BROKEN[name]
    with pytest.raises(PayloadError, match=reason) as caught:
        decode_protobuf(make_push(body_of(GOOD, entry, GOOD)), SETTINGS)
    assert caught.value.index == index
    assert caught.value.cure


@pytest.mark.parametrize(
    ("body", "index", "reason"),
    [
        pytest.param(b"\xff\xff\xff", None, "not a protobuf push request", id="no protobuf"),
        pytest.param(b'{"streams":[]}', None, "not a protobuf push request", id="JSON"),
        pytest.param(
            body_of(GOOD, GOOD) + field(1, b"\xff"), 2, "a stream is not protobuf", id="a broken stream"
        ),
        pytest.param(body_of(GOOD) + body_of(GOOD, labels=b"{a=1}"), 1, "labels", id="broken labels"),
        pytest.param(
            field(1, field(1, b"\xff")), 0, "a stream is not protobuf", id="labels that are no UTF-8"
        ),
    ],
)
def test_broken_bodies(make_push, body, index, reason):
    with pytest.raises(PayloadError, match=reason) as caught:
        decode_protobuf(make_push(body), SETTINGS)
    assert caught.value.index == index


@pytest.mark.parametrize("body", [b"", field(1, field(1, b"{}")), field(2, b"loki")])
def test_nothing_is_no_payload(make_push, body):
    assert decode_protobuf(make_push(body), SETTINGS).payloads == ()


def test_more_records_than_the_limit(make_push):
    with pytest.raises(LimitError, match="3 records; the limit is 2"):
        decode_protobuf(make_push(body_of(GOOD, GOOD) + body_of(GOOD)), ReceiveSettings(max_body_records=2))


def test_equal_label_sets_are_one_stream(make_push):
    body = body_of(GOOD, labels=b'{a="1",b="2"}') + body_of(GOOD, labels=b'{b="2", a="1"}')
    assert decode_protobuf(make_push(body), SETTINGS).records == 2


ENTRIES = st.lists(
    st.tuples(
        st.integers(1, 2**63 - 10**9),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
        st.dictionaries(
            st.from_regex(r"[a-z_]{1,5}", fullmatch=True), st.text(st.characters(exclude_categories=["Cs"]))
        ),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(streams=st.lists(ENTRIES, max_size=4), seed=st.integers())
def test_whatever_is_sent_is_stored(push_request, make_push, rows, streams, seed):
    """Against the obvious reading of the same request; fields of an entry in any order."""
    sent = request(push_request, *((f'{{n="{n}"}}', entries) for n, entries in enumerate(streams)))
    shuffle = random.Random(seed).shuffle
    body = b""
    for stream in sent.streams:
        entries = []
        for entry in stream.entries:
            parts = [field(1, entry.timestamp.SerializeToString()), field(2, entry.line.encode())]
            shuffle(parts)
            pairs = [field(3, pair.SerializeToString()) for pair in entry.structuredMetadata]
            entries.append(b"".join([*parts, *pairs]))
        body += body_of(*entries, labels=stream.labels.encode())
    expected = [
        (f'{{"n":"{n}","service_name":"unknown_service"}}', time, line.encode(), metadata)
        for n, entries in enumerate(streams)
        for time, line, metadata in entries
    ]
    for data in (sent.SerializeToString(), body):
        got = rows(decode_protobuf(make_push(data), SETTINGS))
        assert [(r["stream"], r["timestamp"], r["body"], r["attributes"]) for r in got] == expected
