from __future__ import annotations

import pytest

from prologue.logql.parser import parse_query
from prologue.model.errors import QueryError

TOO_WIDE = ["{}", '{a=""}', '{a=~".*"}', '{a!="x"}', '{a!~"x"}', '{a=~"x|"}', '{a=~"(a*)*"}', '{a!~".+x"}']
NARROW = [
    '{a="x"}',
    '{a=~".+"}',
    '{a!=""}',
    '{a!~".*"}',
    '{a!~""}',
    '{a=~".*", b="c"}',
    r'{a=~"[[:alpha:]]+"}',
]


@pytest.mark.parametrize("source", TOO_WIDE)
def test_a_selector_must_exclude_something(source: str) -> None:
    with pytest.raises(QueryError, match="selector") as caught:
        parse_query(source)
    assert "service_name" in caught.value.cure


@pytest.mark.parametrize("source", NARROW)
def test_a_selector_that_excludes_the_empty_value_is_fine(source: str) -> None:
    parse_query(source)


R = 'rate({a="b"}[5m])'
U = '{a="b"} | unwrap x [5m]'
BROKEN = {
    "label set twice": ('{a="b"} | label_format x=y, x="z"', 28, "twice"),
    "error label set": ('{a="b"} | label_format __error__="x"', 23, "cannot be set"),
    "selector inside a metric": ("sum(rate({} [5m]))", 9, "selector"),
    "unwrap missing": ('1 + sum_over_time({a="b"}[5m])', 4, "number from each line"),
    "unwrap where lines are counted": ('count_over_time({a="b"} | unwrap x [5m])', 0, "counts lines"),
    "sum_over_time by": (f"sum_over_time({U}) by (a)", 0, "takes no grouping"),
    "rate by": (f"{R} by (a)", 0, "takes no grouping"),
    "absent by": ('absent_over_time({a="b"}[5m]) by (a)', 0, "takes no grouping"),
    "quantile missing": (f"quantile_over_time({U})", 0, "needs a quantile"),
    "parameter of a range": (f"avg_over_time(5, {U})", 0, "no parameter"),
    "parameter of sum": (f"sum(5, {R})", 0, "no parameter"),
    "topk without k": (f"topk({R})", 0, "needs a number"),
    "topk of nothing": (f"topk(0, {R})", 0, "from 1"),
    "topk of a half": (f"topk(1.5, {R})", 0, "from 1"),
    "sort by": (f"sort({R}) by (a)", 0, "takes no grouping"),
    "approx_topk by": (f"approx_topk(3, {R}) by (a)", 0, "takes no grouping"),
    "bool with arithmetic": (f"{R} + bool 1", 18, "comparisons"),
    "set operator with a number": (f"{R} or 1", 18, "both sides"),
    "on with a number": (f"{R} + on(a) 1", 18, "two vectors"),
    "group_left with and": (f"{R} and on(a) group_left {R}", 18, "many to many"),
    "label in both lists": (f"{R} + on(a) group_left(a) {R}", 18, "`a`"),
    "label_replace target": (f'label_replace({R}, "0", "x", "y", "z")', 0, "label name"),
}


@pytest.mark.parametrize(("source", "offset", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_rules_of_meaning(source: str, offset: int, message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        parse_query(source)
    assert caught.value.position is not None
    assert caught.value.position.offset == offset
    assert caught.value.cure


ALLOWED = [
    f"max_over_time({U}) by (a)",
    'count_over_time({a="b"}[5m]) by (level)',
    f"1 >= bool 1 + {R}",
    f"{R} unless on() {R}",
    f"rate({U})",
    f"absent_over_time({U})",
]


@pytest.mark.parametrize("source", ALLOWED)
def test_what_the_rules_allow(source: str) -> None:
    parse_query(source)
