from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from prologue.logql.metric_nodes import Query
from prologue.logql.parser import parse_query
from prologue.logql.printer import print_query, print_selector
from tests.logql.strategies import queries


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(queries)
def test_what_is_printed_parses_to_the_same_tree(query: Query) -> None:
    assert parse_query(print_query(query)) == query


CANONICAL = {
    "grouping moves before": ('sum(rate({a="b"}[60s])) by (x)', 'sum by (x) (rate({a="b"}[1m]))'),
    "range moves to the end": ('rate({a="b"}[5m] |= "x")', 'rate({a="b"} |= "x" [5m])'),
    "needless parentheses go": ("((1 + (2 * 3)))", "1 + 2 * 3"),
    "needed parentheses stay": ("(1 + 2) * 3", "(1 + 2) * 3"),
    "right side of a left-associative operator": ("1 - (2 - 3)", "1 - (2 - 3)"),
    "power is right-associative": ("(2 ^ 3) ^ 4 ^ 5", "(2 ^ 3) ^ 4 ^ 5"),
    "left to right becomes visible": (
        '{a="b"} | x > 1 or y="z" and n < 2',
        '{a="b"} | (x > 1 or y="z") and n < 2',
    ),
    "comma and blank are and": ('{a="b"} | x=1, y=2 z=3', '{a="b"} | x == 1 and y == 2 and z == 3'),
    "a name is its own path": ('{a="b"} | json servers', '{a="b"} | json servers="servers"'),
    "quotes that read best": (r'{a="b"} |~ "\\d+ \"x\""', '{a="b"} |~ `\\d+ "x"`'),
    "comments go": ('{a="b"} # all\n |= "x"', '{a="b"} |= "x"'),
    "offset": ('rate({a="b"}[90s] offset -3600s)', 'rate({a="b"}[1m30s] offset -1h)'),
}


@pytest.mark.parametrize(("source", "expected"), CANONICAL.values(), ids=CANONICAL.keys())
def test_canonical_text(source: str, expected: str) -> None:
    assert print_query(parse_query(source)) == expected
    assert parse_query(expected) == parse_query(source)


def test_selector() -> None:
    assert print_selector(parse_query('{a="b",c!~`d\\d`}').matchers) == '{a="b", c!~`d\\d`}'
