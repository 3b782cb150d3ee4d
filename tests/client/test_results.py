"""Answers decoded, and their Arrow form."""

from __future__ import annotations

import math

import msgspec
import pyarrow as pa
import pytest

from prologue.client.results import (
    Matrix,
    Scalar,
    Streams,
    Vector,
    decode_label_sets,
    decode_names,
    decode_result,
    decode_tail,
)

STREAMS = b"""{"status":"success","data":{"resultType":"streams","result":[
 {"stream":{"app":"a"},"values":[["20","second"],["10","first",{"structuredMetadata":{"t":"1"},"parsed":{"p":"2"}}]]},
 {"stream":{"app":"b"},"values":[["15","between"]]}],"stats":{"summary":{}}}}"""
MATRIX = b"""{"status":"success","data":{"resultType":"matrix","result":[
 {"metric":{"app":"a"},"values":[[1,"1"],[2.5,"NaN"],[3,"+Inf"]]}]}}"""
VECTOR = b"""{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1.5,"2"]}]}}"""
SCALAR = b"""{"status":"success","data":{"resultType":"scalar","result":[1.5,"2e3"]}}"""


def test_streams_merge_in_order_of_time() -> None:
    answer = decode_result(STREAMS)
    assert isinstance(answer, Streams)
    newest = [(labels["app"], line.timestamp, line.text) for labels, line in answer.lines(newest_first=True)]
    assert newest == [("a", 20, "second"), ("b", 15, "between"), ("a", 10, "first")]
    assert [line.timestamp for _, line in answer.lines(newest_first=False)] == [10, 15, 20]


def test_categories_are_kept_apart_from_labels() -> None:
    answer = decode_result(STREAMS)
    assert isinstance(answer, Streams)
    first = answer.result[0].values[1].categories
    assert (first.structured_metadata, first.parsed) == ({"t": "1"}, {"p": "2"})


def test_streams_as_arrow() -> None:
    answer = decode_result(STREAMS)
    table = answer.to_arrow()
    assert table.schema.field("timestamp").type == pa.timestamp("ns", "UTC")
    assert table["timestamp"].cast(pa.int64()).to_pylist() == [20, 10, 15]
    assert table["line"].to_pylist() == ["second", "first", "between"]
    assert table["labels"].to_pylist() == [[("app", "a")], [("app", "a")], [("app", "b")]]
    assert table["metadata"].to_pylist() == [[], [("t", "1")], []]


def test_samples_keep_what_floats_cannot_say_in_json() -> None:
    answer = decode_result(MATRIX)
    assert isinstance(answer, Matrix)
    values = [sample.value for sample in answer.result[0].values]
    assert values[0] == 1.0
    assert math.isnan(values[1])
    assert values[2] == math.inf


@pytest.mark.parametrize(
    ("body", "kind", "rows"), [(MATRIX, Matrix, 3), (VECTOR, Vector, 1), (SCALAR, Scalar, 1)]
)
def test_samples_as_arrow(body: bytes, kind: type, rows: int) -> None:
    answer = decode_result(body)
    assert isinstance(answer, kind)
    table = answer.to_arrow()
    assert table.column_names == ["timestamp", "value", "labels"]
    assert table.num_rows == rows


def test_fractions_of_a_second_reach_arrow() -> None:
    assert decode_result(VECTOR).to_arrow()["timestamp"].cast(pa.int64()).to_pylist() == [1500]


def test_lists() -> None:
    assert decode_names(b'{"status":"success","data":["a","b"]}') == ["a", "b"]
    assert decode_names(b'{"status":"success"}') == []
    assert decode_label_sets(b'{"data":[{"a":"1"}]}') == [{"a": "1"}]


def test_a_tail_message() -> None:
    message = decode_tail(
        '{"streams":[{"stream":{"a":"1"},"values":[["5","x"]]}],"dropped_entries":[{"labels":{},"timestamp":"7"}]}'
    )
    assert message.streams[0].values[0].timestamp == 5
    assert message.dropped_entries is not None
    assert message.dropped_entries[0].timestamp == 7
    assert decode_tail('{"streams":[],"dropped_entries":null}').dropped_entries is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"data":{"resultType":"other","result":[]}}'])
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_result(body)
