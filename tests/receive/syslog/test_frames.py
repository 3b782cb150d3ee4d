"""Syslog's framings: cut anywhere, mixed with garbage, too long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.receive.syslog.frames import ESCAPED, SyslogDatagrams, SyslogSession, escape

LARGEST = 200


def feed(chunks, *, end=True, largest=LARGEST):
    """The lines of a connection, unescaped and without the sender, and how many errors there were."""
    session = SyslogSession("10.0.0.1", largest)
    taken = [taken for chunk in chunks for taken in session.feed(chunk)]
    taken += session.end() if end else ()
    found = []
    for each in taken:
        lines = each.data.split(b"\n")[:-1]
        assert len(lines) == each.records
        for line in lines:
            assert line.startswith(b"10.0.0.1\t")
            found.append(plain(line[9:]) if each.kind == ESCAPED else line[9:])
    return found, sum(each.error is not None for each in taken)


def plain(line: bytes) -> bytes:
    parts = line.split(b"\\\\")
    return b"\\".join(part.replace(b"\\n", b"\n") for part in parts)


def counted(*messages: bytes) -> bytes:
    return b"".join(b"%d %b" % (len(message), message) for message in messages)


def cuts(data: bytes, size: int) -> list[bytes]:
    return [data[place : place + size] for place in range(0, len(data), size)]


MESSAGES = [b"<13>one", b"<14>two  words", b"<15>three\\n", b"<16>" + b"x" * 150]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_lines(size):
    assert feed(cuts(b"\n".join(MESSAGES) + b"\r\n", size))[0] == [*MESSAGES[:-1], MESSAGES[-1] + b"\r"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_octet_counting(size):
    assert feed(cuts(counted(*MESSAGES), size)) == (MESSAGES, 0)


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_counted_message_of_several_lines_is_one(size):
    several = [b"<13>one\ntwo \\n \\\n three", b"<13>plain", b"<13>\\\\n\n"]
    found, errors = feed(cuts(counted(*several), size))
    assert sorted(found) == sorted([several[0], several[1], several[2].rstrip()])
    assert errors == 0


def test_a_line_feed_behind_counted_messages_is_no_message():
    assert feed([b"7 <13>one\n7 <13>two\n"]) == ([b"<13>one", b"<13>two"], 0)


def test_what_is_not_counted_among_counted_messages_costs_itself_only():
    stream = counted(b"<13>one") + b"oops, no count\n" + counted(b"<13>two")
    for size in (1, 4, 1000):
        assert feed(cuts(stream, size)) == ([b"<13>one", b"oops, no count", b"<13>two"], 1)


def test_a_message_without_an_end_is_taken_when_the_sender_ends():
    assert feed([b"<13>one\n<13>tw"])[0] == [b"<13>one", b"<13>tw"]
    assert feed([b"7 <13>one20 <13>tw"])[0] == [b"<13>one", b"<13>tw"]
    assert feed([b"12"])[0] == [b"12"]
    assert feed([b"\n", b"\r\n"])[0] == [b"", b"\r"]  # which the parser passes over


@pytest.mark.parametrize("size", [1, 50, 5000])
def test_too_long_a_message_is_kept_in_pieces(size):
    long = b"<13>" + b"y" * 996
    found, errors = feed(cuts(counted(long, b"<13>next"), size))
    assert b"".join(found[:-1]) == long
    assert found[-1] == b"<13>next"
    assert errors == 1
    assert max(map(len, found)) <= LARGEST
    found, errors = feed(cuts(long + b"\n<13>next\n", size))
    assert b"".join(found[:-1]) == long
    assert found[-1] == b"<13>next"


def test_a_count_beyond_reason_holds_no_memory():
    session = SyslogSession("a", LARGEST)
    for _ in range(1000):
        session.feed(b"9999999999 <13>" if not session.held else b"z" * 100)
        assert session.held <= 2 * LARGEST


def test_a_byte_at_a_time_costs_no_copies():
    """Of a megabyte that is not whole: a session that joined at each byte would take minutes."""
    session = SyslogSession("a", 2**20)
    session.feed(b"1000000 <13>")
    for _ in range(200_000):
        session.feed(b"x")
    assert session.held > 200_000


@settings(max_examples=300, deadline=None)
@given(
    messages=st.lists(
        st.binary(min_size=1, max_size=60).map(lambda b: b"<1>" + b.rstrip(b"\r\n\0")), max_size=8
    ),
    size=st.integers(1, 40),
)
def test_any_counted_messages(messages, size):
    found, errors = feed(cuts(counted(*messages), size), largest=1000)
    assert (sorted(found), errors) == (sorted(messages), 0)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400), size=st.integers(1, 60), largest=st.integers(16, 100))
def test_any_bytes(data, size, largest):
    """No input fails, and no byte of text is lost."""
    found, _ = feed(cuts(data, size), largest=largest)
    letters = bytes(byte for byte in data if chr(byte).isalpha() and byte < 128)
    kept = bytes(byte for byte in b"".join(found) if chr(byte).isalpha() and byte < 128)
    assert sorted(kept) == sorted(letters)


@given(st.binary())
def test_escaping_round_trips(data):
    assert plain(escape(data)) == data
    assert b"\n" not in escape(data)


def test_datagrams():
    taken = SyslogDatagrams("here").take(
        [(b"<13>one\n", "10.0.0.1"), (b"<13>two", ""), (b"<13>a\nb\0", "::1"), (b"\n\0", "10.0.0.2")], 0.0
    )
    assert [(each.data, each.records, each.kind) for each in taken] == [
        (b"10.0.0.1\t<13>one\nhere\t<13>two\n", 2, ""),
        (b"::1\t<13>a\\nb\n", 1, ESCAPED),
    ]


def test_a_bounded_number_of_senders_is_remembered():
    datagrams = SyslogDatagrams()
    sent = [(b"<13>m", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}") for number in range(70_000)]
    [taken] = datagrams.take(sent, 0.0)
    assert taken.records == 70_000
    assert 0 < len(datagrams._prefixes) <= 65_536
