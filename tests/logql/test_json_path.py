from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.logql.json_path import JsonPath, parse_json_path, print_json_path
from prologue.logql.problems import TextProblem

steps = st.lists(st.text(max_size=6) | st.integers(0, 10**6), min_size=1, max_size=5).map(tuple)


@given(steps)
def test_a_printed_path_reads_back(path: tuple[str | int, ...]) -> None:
    assert parse_json_path(print_json_path(JsonPath(path))).steps == path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("servers[0]", ("servers", 0)),
        ('request.headers["User-Agent"]', ("request", "headers", "User-Agent")),
        ('["a b"].c', ("a b", "c")),
        ("[0][1]", (0, 1)),
        ('my.list[0]["field"]', ("my", "list", 0, "field")),
        (" a ", ("a",)),
    ],
)
def test_paths(source: str, expected: tuple[str | int, ...]) -> None:
    assert parse_json_path(source).steps == expected


@pytest.mark.parametrize(
    "source", ["", " ", ".a", "a..b", "a.", "a[", "a[x]", "a[-1]", 'a["b', 'a["b"', "a b", "a]"]
)
def test_what_is_no_path(source: str) -> None:
    with pytest.raises(TextProblem) as caught:
        parse_json_path(source)
    assert 0 <= caught.value.offset <= len(source)
    assert caught.value.cure
