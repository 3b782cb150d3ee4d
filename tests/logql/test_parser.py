from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prologue.logql.lexer import tokenize
from prologue.logql.log_nodes import LogQuery, Matcher, MatchOp
from prologue.logql.parser import parse_matchers, parse_query
from prologue.logql.printer import print_query
from prologue.model.errors import QueryError
from tests.logql.strategies import queries

CORPUS = [
    query.strip()
    for query in (Path(__file__).parent / "corpus.logql").read_text().split("\n---\n")
    if query.strip()
]


@pytest.mark.parametrize("source", CORPUS)
def test_the_reference_parses_and_prints_and_parses(source: str) -> None:
    query = parse_query(source)
    assert parse_query(print_query(query)) == query


PIECES = [
    *(
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        "|",
        "|=",
        "!=",
        "=~",
        "=",
        "==",
        ">",
        "|>",
        "+",
        "-",
        "^",
        "#",
        "\n",
    ),
    *(
        '{app="x"}',
        "[5m]",
        '"a"',
        "`b`",
        '"(',
        "5",
        "1e3",
        "5m",
        "20MB",
        "--strict",
        " by (a) ",
        " or ",
        " on ",
    ),
    *(
        "json",
        "logfmt",
        "unwrap",
        "line_format",
        "`{{.a | `",
        "drop",
        "ip(",
        "rate(",
        "sum",
        "topk(",
        "offset",
    ),
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=20).map("".join))
def test_no_input_crashes_the_parser(source: str) -> None:
    _parses_or_explains(source)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(queries, st.data())
def test_no_damaged_query_crashes_the_parser(query: object, data: st.DataObject) -> None:
    source = print_query(query)
    cut = data.draw(st.integers(0, len(source)))
    extra = data.draw(st.sampled_from(PIECES))
    _parses_or_explains(source[:cut] + extra + source[cut + data.draw(st.integers(0, 3)) :])


def _parses_or_explains(source: str) -> None:
    try:
        query = parse_query(source)
    except QueryError as error:
        assert error.message
        assert error.cure, error.message
        assert error.position is not None
        assert 0 <= error.position.offset <= len(source)
    else:
        assert parse_query(print_query(query)) == query


DEEP = {
    "parentheses": "(" * 5000 + "1" + ")" * 5000,
    "sums": "sum(" * 5000 + "1" + ")" * 5000,
    "left chain": "1" + "+1" * 5000,
    "right chain": "1" + "^1" * 5000,
    "label filter": '{a="b"} | ' + "(" * 5000 + "a=1" + ")" * 5000,
    "log range": "rate(" + "(" * 5000 + '{a="b"}',
    "template": '{a="b"} | line_format `' + "{{if .a}}" * 5000 + "`",
    "template parentheses": '{a="b"} | line_format `{{' + "(" * 5000 + "}}`",
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP.keys())
def test_depth_is_bounded(source: str) -> None:
    with pytest.raises(QueryError, match=r"nest|closed"):
        parse_query(source)


def test_long_chains_of_alternatives_are_fine() -> None:
    alternatives = " or ".join(f'pod="p{i}"' for i in range(2000))
    query = parse_query('{a="b"} |= ' + " or ".join(['"x"'] * 2000) + " | " + alternatives)
    assert parse_query(print_query(query)) == query


WRONG = {
    "nothing": ("", 0, "stream selector"),
    "only a comment": ("# hello", 7, "stream selector"),
    "no closing brace": ('{a="b"', 6, "close the selector"),
    "no comma": ('{a="b" c="d"}', 7, "commas"),
    "unquoted value": ("{a=b}", 3, "quote the value"),
    "no value": ('{a="b"} |=', 10, '|= "..."'),
    "unknown stage": ('{a="b"} | jsn', 10, "json"),
    "broken regex": ('{a="b"} |~ "x(y"', 13, r"\("),
    "look-ahead": ('{a="b"} |~ `a(?=b)`', 13, "chain two filters"),
    "a position after escapes": (r'{a="b"} |~ "\\d(?!b)"', 15, "chain two filters"),
    "ip with a regex": ('{a="b"} |~ ip("1.2.3.4")', 11, "|="),
    "bad ip": ('{a="b"} |= ip("1.2.3")', 15, "192.168"),
    "text with a number operator": ('{a="b"} | x > "5"', 12, "without quotes"),
    "number with a regex operator": ('{a="b"} | x =~ 5', 15, "..."),
    "negative size": ('{a="b"} | x > -5MB', 15, "sign"),
    "unknown flag": ('{a="b"} | logfmt --lax', 17, "--strict"),
    "path": ('{a="b"} | json x="a..b"', 20, "servers[0]"),
    "pattern without names": ('{a="b"} | pattern "<_> x"', 19, "<status>"),
    "touching captures": ('{a="b"} | pattern "<a><b>"', 22, "in between"),
    "named capture in a filter": ('{a="b"} |> "x <y>"', 14, "<_>"),
    "no named group": ('{a="b"} | regexp "(a)"', 17, "(?P<status>"),
    "group twice": ('{a="b"} | regexp "(?P<a>x)(?P<a>y)"', 17, "own name"),
    "template function": ('{a="b"} | line_format "{{.x | uper}}"', 30, "upper"),
    "template not closed": ('{a="b"} | line_format "{{if .x}}"', 23, "{{end}}"),
    "range without a unit": ('rate({a="b"}[5])', 13, "[5m]"),
    "empty range": ('rate({a="b"}[0s])', 13, "longer"),
    "no range": ('rate({a="b"})', 12, "[5m]"),
    "range of a log query": ('{a="b"}[5m]', 7, "count_over_time"),
    "offset outside": ('rate({a="b"}[5m]) offset 5m', 18, "operator"),
    "log query as operand": ('{a="b"} + 1', 8, "count_over_time"),
    "log query in sum": ('sum({a="b"})', 4, "sum(count_over_time"),
    "stage after unwrap": ('sum_over_time({a="b"} | unwrap x | json [5m])', 35, "before the unwrap"),
    "unknown conversion": ('sum_over_time({a="b"} | unwrap seconds(x) [5m])', 31, "duration"),
    "unknown function": ('sums(rate({a="b"}[5m]))', 0, "sum"),
    "group_left alone": ("vector(1) + group_left vector(1)", 12, "shared labels"),
    "not supported": ('variants(rate({a="b"}[5m])) of ({a="b"}[5m])', 0, "separate"),
    "two queries": ('{a="b"} {c="d"}', 8, "join"),
}


@pytest.mark.parametrize(("source", "offset", "cure"), WRONG.values(), ids=WRONG.keys())
def test_errors_point_and_cure(source: str, offset: int, cure: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(source)
    assert caught.value.position is not None
    assert (caught.value.position.offset, cure in caught.value.cure) == (offset, True), caught.value.cure


def test_label_names_may_be_words_of_the_language() -> None:
    query = parse_query(
        'sum by (json, by, ip) (rate({rate="a"} | json="x" | unwrap="y" | drop ip, keep [5m]))'
    )
    assert parse_query(print_query(query)) == query


def test_matchers_alone() -> None:
    assert parse_matchers('{a="b"}') == (Matcher("a", MatchOp.EQUAL, "b"),)
    assert parse_matchers("{}", allow_empty=True) == ()
    with pytest.raises(QueryError, match="after the selector"):
        parse_matchers('{a="b"} |= "x"')


def test_positions_do_not_make_trees_differ() -> None:
    assert (
        parse_query('  {a = "b"}') == parse_query('{a="b"}') == LogQuery((Matcher("a", MatchOp.EQUAL, "b"),))
    )


def test_the_lexer_alone_reads_the_corpus() -> None:
    assert all(len(tokenize(source)) > 1 for source in CORPUS)


def test_a_line_filter_may_follow_a_parser_without_a_pipe() -> None:
    query = parse_query('{a="b"} | json != "x" | logfmt !~ "y" | json = "z"')
    assert print_query(query) == '{a="b"} | json != "x" | logfmt !~ "y" | json="z"'
    assert len(query.stages) == 5
