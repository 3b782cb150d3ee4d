"""What is wrong in a batch is found, and nothing else is blamed."""

from __future__ import annotations

import pytest

from prologue.model.errors import EngineError, EngineUnavailable
from prologue.model.payload import Payload, PayloadFormat
from prologue.pipeline.isolate import pieces


def payloads(texts: str) -> list[Payload]:
    return [Payload("t", PayloadFormat.LINES, text.encode(), 1) for text in texts]


def attempt(error: Exception):
    def one(some) -> int:
        if any(payload.data == b"x" for payload in some):
            raise error
        return len(some)

    return one


def shape(found) -> list[str]:
    return [
        b"".join(p.data for p in piece.payloads).decode() + ("!" if piece.refused else "") for piece in found
    ]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ("abcd", ["abcd"]),
        ("abxd", ["ab", "x!", "d"]),
        ("xbcdefgx", ["x!", "b", "cd", "ef", "g", "x!"]),
        ("x", ["x!"]),
        ("xx", ["x!", "x!"]),
    ],
)
def test_the_bad_ones_are_found_and_the_others_stay_together(texts, expected):
    found = pieces(payloads(texts), attempt(EngineError("no")), EngineError)
    assert shape(found) == expected
    assert {piece.refused for piece in found if piece.refused} <= {"no"}
    assert sum(piece.rows for piece in found) == len(texts.replace("x", ""))


def test_a_defect_is_told_as_one():
    [found] = pieces(payloads("x"), attempt(ZeroDivisionError("oh")), Exception)
    assert found.refused == "a defect: ZeroDivisionError('oh')"


@pytest.mark.parametrize("error", [EngineUnavailable("away"), ZeroDivisionError("a defect")])
def test_what_is_not_the_payloads_fault_is_raised(error):
    with pytest.raises(type(error)):
        pieces(payloads("abx"), attempt(error), EngineError)


def test_one_bad_payload_among_a_thousand_costs_few_tries():
    tries = []

    def counting(some) -> int:
        tries.append(len(some))
        return attempt(EngineError("no"))(some)

    pieces(payloads("a" * 700 + "x" + "b" * 299), counting, EngineError)
    assert len(tries) < 25
