"""What is decided about a batch that comes again."""

from __future__ import annotations

import pytest

from prologue.store.recovery import Plan, plan

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
    assert plan(held, staged, complete=complete) == expected
