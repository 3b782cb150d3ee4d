"""When a glance is taken, and that it never changes an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from prologue.query.compile import compile_query
from prologue.query.glance import SHARE, glance_of
from prologue.query.plan.nodes import Lines
from prologue.query.request import Direction, Request

SECOND = 1_000_000_000
REQUEST = Request("default", 0, 3200 * SECOND, limit=10)


def glance(query: str, request: Request = REQUEST) -> Request | None:
    plan = compile_query(query, request).plan
    assert isinstance(plan, Lines)
    return glance_of(plan, request)


def test_the_newest_part_is_tried_backward_and_the_oldest_forward():
    found = glance('{app="x"} | json | line_format "{{.a}}"')
    assert found == replace(REQUEST, start=3100 * SECOND)
    forward = replace(REQUEST, direction=Direction.FORWARD)
    assert glance('{app="x"}', forward) == replace(forward, end=3200 * SECOND // SHARE)


@pytest.mark.parametrize("query", ['{app="x"} |= "a"', '{app="x"} | json | a="b"', '{app="x"} != "a"'])
def test_a_query_that_leaves_lines_out_is_asked_once(query):
    assert glance(query) is None


@pytest.mark.parametrize(
    "change",
    [{"after_batch": 3}, {"up_to_batch": 3}, {"interval": SECOND}, {"start": 3199 * SECOND}],
    ids=["tail", "tail's past", "interval", "short"],
)
def test_requests_that_are_asked_once(change):
    assert glance('{app="x"}', replace(REQUEST, **change)) is None
