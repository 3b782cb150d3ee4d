from __future__ import annotations

import math

import pytest

from prologue.logql.metric_nodes import BinaryOp, Grouping
from prologue.logql.parser import parse_query
from prologue.logql.print_stages import print_stage
from prologue.query.plan.build import build
from prologue.query.plan.nodes import Aggregate, Lines, Plan, Range, Scalar
from prologue.query.plan.optimize import optimize
from prologue.query.plan.passes.fold_numbers import compute, fold_numbers
from prologue.query.plan.passes.lift_line_filters import lift_line_filters
from prologue.query.plan.passes.push_grouping import push_grouping


def plan(text: str) -> Plan:
    return build(parse_query(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [("1 + 2 * 3", 7.0), ("2 ^ 3 ^ 2", 512.0), ("7 % -4", 3.0), ("1 > 2", 0.0), ("-1 / 0", -math.inf)],
)
def test_numbers_are_folded(text: str, value: float) -> None:
    assert fold_numbers(plan(text)) == Scalar(value)


@pytest.mark.parametrize(
    ("op", "left", "right", "value"),
    [
        (BinaryOp.DIVIDE, 0.0, 0.0, math.nan),
        (BinaryOp.DIVIDE, 1.0, -0.0, -math.inf),
        (BinaryOp.MODULO, 5.0, 0.0, math.nan),
        (BinaryOp.MODULO, math.inf, 2.0, math.nan),
        (BinaryOp.MODULO, -5.0, 3.0, -2.0),
        (BinaryOp.POWER, 10.0, 400.0, math.inf),
        (BinaryOp.POWER, -10.0, 401.0, -math.inf),
        (BinaryOp.POWER, -8.0, 1 / 3, math.nan),
        (BinaryOp.POWER, 0.0, -1.0, math.inf),
        (BinaryOp.EQUAL, math.nan, math.nan, 0.0),
    ],
)
def test_arithmetic_never_raises(op: BinaryOp, left: float, right: float, value: float) -> None:
    found = compute(op, left, right)
    assert found == value or (math.isnan(found) and math.isnan(value))


PUSHED = {
    "sum by of a count": ('sum by (x) (count_over_time({a="b"}[5m]))', Grouping(("x",))),
    "sum without of a rate": ('sum without (x) (rate({a="b"}[5m]))', Grouping(("x",), without=True)),
    "sum of everything": ('sum(bytes_rate({a="b"}[5m]))', Grouping(())),
    "max of max": ('max(max_over_time({a="b"} | unwrap n [5m]))', Grouping(())),
}
NOT_PUSHED = [
    'avg(count_over_time({a="b"}[5m]))',
    'sum(max_over_time({a="b"} | unwrap n [5m]))',
    'max(count_over_time({a="b"}[5m]))',
    'topk(1, count_over_time({a="b"}[5m]))',
    'sum(count_over_time({a="b"}[5m]) by (x))',
]


@pytest.mark.parametrize(("text", "grouping"), PUSHED.values(), ids=PUSHED.keys())
def test_an_aggregation_of_an_aggregation_is_one(text: str, grouping: Grouping) -> None:
    found = push_grouping(plan(text))
    assert isinstance(found, Range)
    assert found.grouping == grouping
    assert found.drops_errors


@pytest.mark.parametrize("text", NOT_PUSHED)
def test_other_aggregations_stay(text: str) -> None:
    assert isinstance(push_grouping(plan(text)), Aggregate)


LIFTED = {
    "before a parser": ('| json |= "x"', '|= "x" | json'),
    "order among filters stays": ('| json |= "x" | a="b" != "y"', '|= "x" != "y" | json | a="b"'),
    "not over a new line": ('| json | line_format "z" |= "x"', '| json | line_format "z" |= "x"'),
    "not over unpack": ('| unpack | json |= "x"', '| unpack |= "x" | json'),
    "not over decolorize": ('| decolorize |= "x"', '| decolorize |= "x"'),
}


@pytest.mark.parametrize(("before", "after"), LIFTED.values(), ids=LIFTED.keys())
def test_line_filters_come_early(before: str, after: str) -> None:
    found = lift_line_filters(plan('{a="b"} ' + before))
    assert isinstance(found, Lines)
    assert " ".join(map(print_stage, found.stages)) == after


def test_the_passes_reach_into_ranges() -> None:
    found = optimize(plan('sum(rate({a="b"} | json |= "x" [5m])) * (1 + 1)'))
    assert "Scalar(value=2.0)" in repr(found)
    assert repr(found).index("LineFilter") < repr(found).index("JsonParser")
