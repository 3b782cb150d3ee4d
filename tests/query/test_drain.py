"""Patterns hold what they were made of, and are patterns that LogQL reads."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.logql.line_pattern import Literal, parse_line_pattern
from prologue.logql.lower.line_filters import pattern_regex
from prologue.query.drain import cluster

WORDS = st.sampled_from(
    ["GET", "POST", "user=ann", "user=bob", "<_>", "took", "<_>ms", "<db>", "(x)", "a:b", "<"]
)
SHAPES = st.lists(st.lists(WORDS, min_size=1, max_size=6).map(" ".join), max_size=30)


@pytest.mark.parametrize(
    ("shapes", "patterns"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["a b c", "a b c"], ["a b c"], id="equal"),
        pytest.param(["a b c", "a b d"], ["a b <_>"], id="one word differs"),
        pytest.param(["a b c d", "a x y z"], ["a b c d", "a x y z"], id="most words differ"),
        pytest.param(["a b", "a b c"], ["a b", "a b c"], id="another number of words"),
        pytest.param(["k=v w", "k:v w"], ["k=v w", "k:v w"], id="another structure"),
        pytest.param(["x <_> <_> y"], ["x <_> <_> y"], id="separate captures stay"),
        pytest.param(["x <_><_> y"], ["x <_> y"], id="adjacent captures are one"),
        pytest.param(["<html> ok"], ["<_> ok"], id="no named captures"),
    ],
)
def test_cluster(shapes, patterns):
    assert cluster(shapes)[0] == patterns


@given(SHAPES)
def test_every_shape_matches_its_pattern(shapes):
    patterns, places = cluster(shapes)
    assert len(places) == len(shapes)
    assert len(set(patterns)) == len(patterns)
    for shape, place in zip(shapes, places, strict=True):
        captures = re.sub(r"(?<=\.\*)\?", "?", pattern_regex(parse_line_pattern(patterns[place])))
        assert re.match(captures, shape), (patterns[place], shape)


@given(SHAPES)
def test_patterns_are_read_by_logql(shapes):
    for pattern in cluster(shapes)[0]:
        parts = parse_line_pattern(pattern).parts
        assert all(isinstance(part, Literal) or not part.named for part in parts)


def test_free_text_does_not_grow_without_end():
    shapes = [" ".join(f"{word}{place}" for place in range(4)) for word in map(chr, range(200, 900))]
    assert len(cluster(shapes)[0]) <= 60
