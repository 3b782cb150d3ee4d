"""Every field found where it stands, against a reader that goes byte by byte."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import LimitError, PayloadError
from prologue.receive.journald import export
from prologue.receive.journald.export import find_fields, whole_entries

Entry = list[tuple[bytes, bytes]]


def write(entries: list[Entry], binary: bool = False) -> bytes:
    parts = []
    for entry in entries:
        for name, value in entry:
            if binary or b"\n" in value:
                parts.append(name + b"\n" + len(value).to_bytes(8, "little") + value + b"\n")
            else:
                parts.append(name + b"=" + value + b"\n")
        parts.append(b"\n")
    return b"".join(parts)


def read_naively(body: bytes) -> list[Entry]:
    """A byte at a time, as the format's description reads."""
    entries: list[Entry] = [[]]
    place = 0
    while place < len(body):
        end = body.index(b"\n", place)
        line = body[place:end]
        place = end + 1
        if not line:
            entries.append([])
        elif b"=" in line:
            name, _, value = line.partition(b"=")
            entries[-1].append((name, value))
        else:
            size = int.from_bytes(body[place : place + 8], "little")
            entries[-1].append((line, body[place + 8 : place + 8 + size]))
            place += 8 + size + 1
    return [entry for entry in entries if entry]


def found(body: bytes) -> list[Entry]:
    fields = find_fields(body)
    names, values = fields.texts(body)
    entries: list[Entry] = [[] for _ in range(fields.entries)]
    for row, name, value in zip(fields.row, names.to_pylist(), values.to_pylist(), strict=True):
        entries[row].append((name, value))
    return entries


NAMES = st.sampled_from([b"MESSAGE", b"PRIORITY", b"A", b"_X", b"__CURSOR"])
VALUES = st.binary(max_size=12) | st.sampled_from(
    [b"", b"=", b"\n", b"\n\n", b"A=1\n\nB\n", b"\0" * 9, b"\x0a" * 20]
)
ENTRIES = st.lists(st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=5), max_size=6)


@settings(max_examples=200, deadline=None)
@given(ENTRIES, st.booleans())
def test_fields_are_what_a_naive_reader_finds(entries, binary):
    body = write(entries, binary)
    assert found(body) == read_naively(body) == entries


@settings(max_examples=200, deadline=None)
@given(ENTRIES, st.booleans(), st.data())
def test_a_cut_is_behind_the_last_whole_entry_wherever_a_body_breaks_off(entries, binary, data):
    body = write(entries, binary)
    ends = [len(write(entries[:count], binary)) for count in range(len(entries) + 1)]
    size = data.draw(st.integers(0, len(body)))
    assert whole_entries(body[:size]) == max(end for end in ends if end <= size)


def test_several_blank_lines_end_one_entry_and_the_last_needs_none():
    assert found(b"\n\nA=1\n\n\n\nB=2\nC=3\n") == [[(b"A", b"1")], [(b"B", b"2"), (b"C", b"3")]]


@pytest.mark.parametrize(
    ("body", "index", "message"),
    [
        pytest.param(b"A=1", None, "cut off", id="no line end"),
        pytest.param(b"A=1\n\n=x\n", 1, "no name", id="no name"),
        pytest.param(b"A=1\n\nMESSAGE\n", 1, "does not end", id="no size"),
        pytest.param(
            b"A=1\n\nB=2\n\nMESSAGE\n\5\0\0\0\0\0\0\0ab\n", 2, "does not end", id="shorter than its size"
        ),
        pytest.param(b"MESSAGE\n\1\0\0\0\0\0\0\0abc\n", 0, "does not end", id="longer than its size"),
        pytest.param(b"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xffabc\n", 0, "does not end", id="endless"),
    ],
)
def test_what_is_not_of_the_format_is_told_by_its_entry(body, index, message):
    with pytest.raises(PayloadError, match=message) as caught:
        find_fields(body)
    assert caught.value.index == index
    assert caught.value.cure


def test_the_number_of_lines_is_limited(monkeypatch):
    monkeypatch.setattr(export, "MAX_LINES", 10)
    with pytest.raises(LimitError, match="11"):
        find_fields(b"\n" * 11)


def test_no_field_is_no_entry():
    assert find_fields(b"").entries == 0
    assert np.array_equal(find_fields(b"\n\n").row, [])
