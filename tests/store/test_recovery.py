"""What is decided about a batch that comes again."""

from __future__ import annotations

import pytest

from prologue.store.recovery import Plan, Share, plan

ONE, TWO, AUDIT = ("2026-11-23", "default"), ("2026-11-24", "default"), ("2026-11-23", "audit")


@pytest.mark.parametrize(
    ("held", "staged", "complete", "expected"),
    [
        pytest.param({}, {ONE: 2, TWO: 1}, True, Plan(), id="nothing is held"),
        pytest.param({ONE: 2}, {ONE: 2, TWO: 1}, True, Plan((ONE,)), id="cut off half way"),
        pytest.param(
            {ONE: 2, TWO: 1}, {ONE: 2, TWO: 1}, True, Plan((ONE, TWO), complete=True), id="all is held"
        ),
        pytest.param(
            {ONE: 3}, {ONE: 2, AUDIT: 1}, True, Plan(complete=True), id="complete, then a class was added"
        ),
        pytest.param(
            {ONE: 2, AUDIT: 1}, {ONE: 3}, True, Plan(complete=True), id="complete, then a class was removed"
        ),
        pytest.param({ONE: 2}, {ONE: 3}, True, Plan(delete=True), id="half, then a class was removed"),
        pytest.param(
            {ONE: 3}, {ONE: 2, AUDIT: 1, TWO: 5}, True, Plan(delete=True), id="half, then a class was added"
        ),
        pytest.param({AUDIT: 1}, {ONE: 3}, True, Plan(delete=True), id="half, elsewhere"),
        pytest.param(
            {ONE: 3}, {ONE: 2}, False, Plan((ONE,), complete=True), id="damaged since it was stored"
        ),
        pytest.param({ONE: 3}, {ONE: 2, TWO: 9}, False, Plan((ONE,)), id="damaged since it was half stored"),
        pytest.param(
            {ONE: 3}, {ONE: 2}, True, Plan((ONE,), complete=True), id="an older copy of the segment"
        ),
    ],
)
def test_what_is_missing_is_inserted_and_nothing_twice(held, staged, complete, expected):
    shares = [{place: Share(rows) for place, rows in side.items()} for side in (held, staged)]
    assert plan(*shares, came=sum(staged.values()), complete=complete) == expected


@pytest.mark.parametrize(
    ("held", "staged", "came", "expected"),
    [
        pytest.param(
            {ONE: Share(1, 5)}, {ONE: Share(1, 7), TWO: Share(1, 5)}, 2, Plan(delete=True), id="swapped"
        ),
        pytest.param({ONE: Share(2, 5)}, {ONE: Share(2, 6)}, 2, Plan(delete=True), id="parsed otherwise"),
        pytest.param({ONE: Share(3, 5)}, {ONE: Share(1, 6)}, 4, Plan(delete=True), id="now more are dropped"),
        pytest.param({ONE: Share(2, 5)}, {}, 4, Plan(delete=True), id="now all are dropped"),
        pytest.param(
            {ONE: Share(2, 2**64 - 1)},
            {ONE: Share(1, 2**64 - 2), AUDIT: Share(1, 1)},
            2,
            Plan(complete=True),
            id="the same in other places",
        ),
    ],
)
def test_lines_are_compared_by_what_they_say(held, staged, came, expected):
    assert plan(held, staged, came=came, complete=True) == expected
