"""Objects of one body found whatever stands between them, unchanged; what is none told by its place."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import LimitError, PayloadError
from prologue.receive.objects import members_text, one_a_line, with_members

OBJECTS = st.dictionaries(
    st.text(max_size=4),
    st.integers(-9, 9)
    | st.text(max_size=6)
    | st.sampled_from(["}{", '"}\n{"', "\\", '\\"', "[", "}  {"])
    | st.lists(st.dictionaries(st.text(max_size=2), st.none(), max_size=2), max_size=3),
    max_size=4,
)


@settings(max_examples=300, deadline=None)
@given(
    objects=st.lists(OBJECTS, min_size=1, max_size=6),
    between=st.sampled_from(["", "\n", " ", "\r\n", "\n\n", "\t "]),
    indent=st.sampled_from([None, 2]),
    array=st.booleans(),
)
def test_objects_are_found_whatever_stands_between_them(objects, between, indent, array):
    texts = [json.dumps(value, indent=indent, ensure_ascii=False) for value in objects]
    body = "[" + f"{between},".join(texts) + "]" if array else between.join(texts)
    lines = one_a_line(body.encode(), 100)
    assert [json.loads(line) for line in lines] == objects
    assert not any(b"\n" in line for line in lines)


def test_one_a_line_is_left_as_it_is():
    assert one_a_line(b'{ "a" : 1.50 }\r\n\n{"b":"\\u00e9"}\n', 10) == [
        b'{ "a" : 1.50 }\r',
        b'{"b":"\\u00e9"}',
    ]


@pytest.mark.parametrize(
    ("body", "index", "message"),
    [
        pytest.param(b"", None, "empty", id="empty"),
        pytest.param(b" \n ", None, "empty", id="blank"),
        pytest.param(b'{"a":1}{"b":', 1, "not JSON", id="cut off"),
        pytest.param(b'{"a":1} hello {"b":1}', 1, "not JSON", id="text between"),
        pytest.param(b'{"a":1},{"b":1}', 1, "not JSON", id="commas between"),
        pytest.param(b'{"a":1}[1]', 1, "no object", id="a list among them"),
        pytest.param(b'[{"a":1},5]', 1, "no object", id="a number in the array"),
        pytest.param(b'[{"a":1}', None, "no JSON array", id="array cut off"),
        pytest.param(b"[" + b"{}," * 2 + b"5" + b',{"a":{}}' * 60 + b"]", 2, "no object", id="a large array"),
        pytest.param(b'{"a":NaN}{"b":"}{"}', 0, "not valid", id="NaN"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 0, "deep", id="deep objects"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, None, "deep", id="deep arrays"),
    ],
)
def test_what_is_no_object_is_told_by_its_place(body, index, message):
    with pytest.raises(PayloadError, match=message) as caught:
        one_a_line(body, 100)
    assert caught.value.index == index
    assert caught.value.cure


@pytest.mark.parametrize(
    "body", [b"{}" * 101, b"{}\n" * 101, b"[" + b"{}," * 100 + b"{}]", b'{"a":"}{"}' * 101]
)
def test_the_number_of_objects_is_limited(body):
    with pytest.raises(LimitError):
        one_a_line(body, 100)


@given(OBJECTS, st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3))
def test_members_are_added_behind_the_objects_own(value, members):
    text = with_members(orjson.dumps(value) + b" \r", members_text(members))
    pairs = json.loads(text, object_pairs_hook=list)
    assert [name for name, _ in pairs] == [*value, *members]
