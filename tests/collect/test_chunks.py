"""The cutter: whatever the bytes, nothing lost, and cuts only after whole records."""

from __future__ import annotations

import doctest
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.collect import chunks
from prologue.collect.chunks import Framing, cut

CASES = {
    "nothing": (b"", Framing.PLAIN, 0),
    "no newline": (b"abc", Framing.PLAIN, 0),
    "whole lines": (b"a\nb\n", Framing.PLAIN, 4),
    "a part at the end": (b"a\nb", Framing.PLAIN, 2),
    "only newlines": (b"\n\n", Framing.PLAIN, 2),
    "invalid UTF-8 and zeros": (b"\xff\x00\n\xfe", Framing.PLAIN, 3),
    "cri full": (b"t stdout F a\n", Framing.CRI, 13),
    "cri partial alone": (b"t stdout P a\n", Framing.CRI, 0),
    "cri partial then its end": (b"t stdout P a\nt stdout F b\n", Framing.CRI, 26),
    "cri open group at the end": (b"t stdout F a\nt stdout P b\nt stdout P c\n", Framing.CRI, 13),
    "cri stderr between": (b"t stdout F a\nt stdout P b\nt stderr F x\n", Framing.CRI, 13),
    "cri both open": (b"t stderr P x\nt stdout P b\n", Framing.CRI, 0),
    "cri marker in the text": (b"t stdout F say stdout P twice\n", Framing.CRI, 30),
    "cri closing marker in the text": (b"t stdout P a\nt stderr F fake stdout F x\n", Framing.CRI, 0),
    "cri with more tags": (b"t stdout P:x a\n", Framing.CRI, 0),
    "docker full": (b'{"log":"a\\n","stream":"stdout","time":"t"}\n', Framing.DOCKER, 43),
    "docker partial": (b'{"log":"a","stream":"stdout","time":"t"}\n', Framing.DOCKER, 0),
    "docker backslash n is no newline": (
        b'{"log":"a\\\\n","stream":"stdout","time":"t"}\n',
        Framing.DOCKER,
        0,
    ),
    "docker empty text": (b'{"log":"","stream":"stdout","time":"t"}\n', Framing.DOCKER, 0),
}


@pytest.mark.parametrize(("data", "framing", "end"), CASES.values(), ids=CASES)
def test_cut(data: bytes, framing: Framing, end: int) -> None:
    assert cut(data, framing) == end


@given(st.lists(st.binary(max_size=40) | st.just(b"\n"), max_size=30).map(b"".join))
def test_plain_cuts_lose_nothing_and_end_after_newlines(data: bytes) -> None:
    end = cut(data)
    assert end == 0 or data[end - 1 : end] == b"\n"
    assert b"\n" not in data[end:]


records = st.tuples(
    st.sampled_from(["stdout", "stderr"]),
    st.booleans(),
    st.text(alphabet=' abFP\\n"', max_size=12) | st.sampled_from(["x stdout P y", " stderr F z"]),
)


def open_groups(rows: list[tuple[str, bool]]) -> bool:
    last = dict(rows)
    return any(last.values())


@given(st.lists(records, max_size=12))
def test_cri_cut_is_the_last_place_without_an_open_group(rows: list[tuple[str, bool, str]]) -> None:
    texts = [f"2026-11-23T00:00:00Z {s} {'P' if p else 'F'} {t}\n".encode() for s, p, t in rows]
    places = [n for n in range(len(rows) + 1) if not open_groups([(s, p) for s, p, _ in rows[:n]])]
    assert cut(b"".join(texts), Framing.CRI) == len(b"".join(texts[: places[-1]]))


@given(st.lists(records, max_size=12))
def test_docker_cut_is_the_last_place_without_an_open_group(rows: list[tuple[str, bool, str]]) -> None:
    texts = [
        json.dumps({"log": t + ("" if p else "\n"), "stream": s, "time": "t"}, separators=(",", ":")).encode()
        + b"\n"
        for s, p, t in rows
    ]
    partial = [(s, p and not t.endswith("\n")) for s, p, t in rows]
    places = [n for n in range(len(rows) + 1) if not open_groups(partial[:n])]
    assert cut(b"".join(texts), Framing.DOCKER) == len(b"".join(texts[: places[-1]]))


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(chunks).failed == 0
