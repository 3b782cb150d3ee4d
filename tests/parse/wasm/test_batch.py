"""What a module answers is checked before Arrow follows it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.parse.wasm.batch import decode, head
from prologue.parse.wasm.faults import WasmFault


def answer(firsts, fields, *, lines=None, count=None, names=None, values=None, data=None):
    """An answer by the book, unless told otherwise."""
    name_ends = np.cumsum([0, *(len(name) for name, _ in fields)]) if names is None else np.array(names)
    value_ends = np.cumsum([0, *(len(value) for _, value in fields)]) if values is None else np.array(values)
    numbers = [len(firsts) - 1 if lines is None else lines, len(fields) if count is None else count, *firsts]
    texts = b"".join(name for name, _ in fields) + b"".join(value for _, value in fields)
    whole = np.array([*numbers, *name_ends, *value_ends], dtype=np.int64) & 0xFFFF_FFFF
    return whole.astype("<u4").tobytes() + (texts if data is None else data)


def test_head():
    starts = np.array([5, 8, 8, 12], dtype=np.int64)
    assert np.frombuffer(head(starts), dtype="<u4").tolist() == [3, 0, 3, 3, 7]


def test_decode():
    sound = answer([0, 2, 2, 3], [(b"a", b"1"), (b"bc", b""), (b"d", b"\xff")])
    assert decode(sound, 3).to_pylist() == [[(b"a", b"1"), (b"bc", b"")], [], [(b"d", b"\xff")]]


UNSOUND = {
    "nothing": (b"", "too short"),
    "only a head": (b"\2\0\0\0\0\0\0\0", "too short"),
    "too few lines": (answer([0, 0], []), "it answered 1 lines for 2"),
    "more fields than there is room for": (answer([0, 0, 0], [], count=2**31), "too short"),
    "fields that no line has": (answer([0, 0, 1], [(b"a", b"b")] * 2), "2 fields, and its lines have 1"),
    "lines that go backwards": (answer([0, 2, 1], [(b"a", b"b")]), "the lines' fields"),
    "names that go backwards": (answer([0, 1, 2], [(b"a", b"b")] * 2, names=[0, 2, 1]), "the names"),
    "values that do not start": (answer([0, 1, 1], [(b"a", b"b")], values=[1, 1]), "the values"),
    "names beyond the end": (answer([0, 1, 1], [(b"a", b"b")], names=[0, 2**31]), "the names"),
    "values beyond the end": (answer([0, 1, 1], [(b"a", b"b")], values=[0, 9]), "before its fields do"),
    "bytes missing": (answer([0, 1, 1], [(b"a", b"bcd")], data=b"ab"), "before its fields do"),
}


@pytest.mark.parametrize(("given_answer", "reason"), UNSOUND.values(), ids=UNSOUND)
def test_unsound(given_answer, reason):
    with pytest.raises(WasmFault, match=reason):
        decode(given_answer, 2)


@given(st.binary(max_size=120), st.integers(0, 3))
def test_any_bytes_are_decoded_or_refused(data, lines):
    try:
        fields = decode(data, lines)
    except WasmFault:
        return
    fields.validate(full=True)
    assert len(fields) == lines
