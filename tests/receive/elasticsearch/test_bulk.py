"""Bodies of `_bulk` taken apart: pairs, deletes between them, and what is wrong told by its place."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.model.errors import LimitError, PayloadError
from prologue.receive.elasticsearch.bulk import document_lines, read_bulk


def body_of(*lines: str) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def read(body: bytes, index: str = "logs"):
    return read_bulk(body, index, 1000)


def test_documents_stay_the_text_that_came():
    bulk = read(body_of('{"create":{}}', '{ "a" : 1.50 }', '{"create":{}}', "{}"))
    assert document_lines(bulk, with_index=False) == [b'{ "a" : 1.50 }', b"{}"]
    assert not bulk.broken
    assert bulk.actions[0] is bulk.actions[1]


def test_what_an_action_says_stands_in_front_of_its_document():
    bulk = read(body_of('{"index":{"_id":7}}', '{"a":1}', '{"create":{"_index":"x"}}', " { } "))
    lines = [orjson.loads(line) for line in document_lines(bulk, with_index=True)]
    assert lines == [{"_index": "logs", "_id": "7", "a": 1}, {"_index": "x"}]


@pytest.mark.parametrize("place", range(3))
def test_deletes_and_empty_lines_do_not_move_the_pairs(place):
    pairs = [['{"create":{}}', '{"n":0}'], ['{"create":{}}', '{"n":1}']]
    pairs[place:place] = [['{"delete":{"_id":"1"}}', ""]]
    bulk = read(body_of(*(line for pair in pairs for line in pair)))
    assert document_lines(bulk, with_index=False) == [b'{"n":0}', b'{"n":1}']
    assert list(bulk.broken) == [place]
    assert "delete is not supported" in bulk.broken[place]


BROKEN = {
    "cut off": '{"a":',
    "two values": '{"a":1},{"b":2}',
    "a list": "[1]",
    "text": "hello",
    "nothing": "",
    "too deep": '{"a":' * 100_000 + "1" + "}" * 100_000,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_told_by_its_place_and_the_others_are_kept(name):
    bulk = read(
        body_of('{"create":{}}', '{"n":0}', '{"create":{}}', BROKEN[name], '{"create":{}}', '{"n":2}')
    )
    assert list(bulk.broken) == [1]
    assert bulk.broken[1]
    assert document_lines(bulk, with_index=False) == [b'{"n":0}', b'{"n":2}']


def test_halves_of_a_document_do_not_hide_behind_one_that_holds_two():
    bulk = read(
        body_of('{"create":{}}', '{"a":1},{"b":2}', '{"create":{}}', '{"c":[1', '{"create":{}}', "2]}")
    )
    assert list(bulk.broken) == [0, 1, 2]


@pytest.mark.parametrize(
    ("body", "index", "message"),
    [
        pytest.param(b"", None, "no actions", id="empty"),
        pytest.param(b"\n \n", None, "no actions", id="blank"),
        pytest.param(b'{"create":{}}\n{"a":1}', None, "cut off", id="no newline at the end"),
        pytest.param(
            body_of('{"create":{}}', "{}", '{"a":1}', "{}"), 1, "none or several", id="unknown action"
        ),
        pytest.param(body_of('{"create":{},"index":{}}', "{}"), 0, "none or several", id="two actions"),
        pytest.param(body_of("{}", "{}"), 0, "none or several", id="no action"),
        pytest.param(body_of('{"create":{', '"_index":"x"}}', "{}"), 0, "malformed", id="two lines"),
        pytest.param(body_of('{"create":{"_index":5}}', "{}"), 0, "malformed", id="index is a number"),
        pytest.param(body_of("[" * 100_000, "{}"), 0, "malformed", id="deep action"),
    ],
)
def test_bodies_that_are_no_pairs_are_refused_whole(body, index, message):
    with pytest.raises(PayloadError, match=message) as caught:
        read(body)
    assert caught.value.index == index
    assert caught.value.cure


def test_the_number_of_items_is_limited():
    with pytest.raises(LimitError, match="1001"):
        read(body_of(*['{"create":{}}', "{}"] * 1001))
    with pytest.raises(LimitError):
        read(body_of(*['{"delete":{}}'] * 1001))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["create", "index"]),
            st.text(max_size=5),
            st.text(max_size=5),
            st.dictionaries(st.text(max_size=5), st.integers(-9, 9) | st.text(max_size=9), max_size=4),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_documents_come_back_with_their_index_and_id(items):
    lines = []
    for operation, index, identity, document in items:
        lines += [orjson.dumps({operation: {"_index": index, "_id": identity}}), orjson.dumps(document)]
    bulk = read(b"".join(line + b"\n" for line in lines), "")
    read_back = [orjson.loads(line) for line in document_lines(bulk, with_index=True)]
    said = [
        {name: value for name, value in (("_index", index), ("_id", identity)) if value}
        for _, index, identity, _ in items
    ]
    assert read_back == [{**front, **document} for front, (*_, document) in zip(said, items, strict=True)]
