"""Columns shared by the decoders of row-shaped protocols."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from prologue.model.record import RECORD_SCHEMA
from prologue.receive.columns import (
    Columns,
    Pairs,
    attribute_maps,
    attribute_names,
    dictionary,
    records_payload,
    take_out,
    text,
)


def pairs(*given: tuple[int, str, str]) -> Pairs:
    row, names, values = ([pair[side] for pair in given] for side in range(3))
    return Pairs(np.array(row, np.int64), pa.array(names, pa.string()), pa.array(values, pa.string()))


@pytest.mark.parametrize(
    ("given", "column", "others"),
    [
        pytest.param([], ["", "", ""], [], id="no pairs"),
        pytest.param([(1, "a", "x")], ["", "", ""], [(1, "a", "x")], id="not there"),
        pytest.param([(0, "id", "x"), (2, "id", "y")], ["x", "", "y"], [], id="all"),
        pytest.param(
            [(0, "a", "1"), (1, "id", "x"), (1, "b", "2"), (2, "c", "3")],
            ["", "x", ""],
            [(0, "a", "1"), (1, "b", "2"), (2, "c", "3")],
            id="among others",
        ),
        pytest.param(
            [(1, "id", "x"), (1, "id", "y")], ["", "x", ""], [(1, "id", "y")], id="twice: nothing is lost"
        ),
    ],
)
def test_take_out(given, column, others):
    got, rest = take_out("id", pairs(*given), 3)
    assert got.to_pylist() == column
    left = zip(rest.row.tolist(), rest.names.to_pylist(), rest.values.to_pylist(), strict=True)
    assert list(left) == others


def test_attribute_maps_put_pairs_under_their_records():
    given = pairs((0, "a", "1"), (0, "b", "2"), (2, "c", "3"))
    maps = attribute_maps(given.row, 4, given.names, given.values)
    assert maps.to_pylist() == [[("a", "1"), ("b", "2")], [], [("c", "3")], []]


def test_attribute_names_are_label_names():
    assert attribute_names(pa.array([b"k8s.pod", b"ok", b"9", b"k8s.pod"])).to_pylist() == [
        "k8s_pod",
        "ok",
        "_9",
        "k8s_pod",
    ]


@pytest.mark.parametrize(
    ("raw", "expected"), [([b"a", b""], ["a", ""]), ([b"\xff", b"ok"], ["\ufffd", "ok"]), ([], [])]
)
def test_text(raw, expected):
    assert text(pa.array(raw, pa.large_binary())).to_pylist() == expected


def test_what_is_absent_is_filled_and_the_schema_holds(make_push, rows):
    columns = Columns(
        timestamp=np.array([5, 0], np.int64),
        stream=dictionary(["{}"], np.zeros(2, np.int32)),
        body=pa.array([b"a", b"b"], pa.large_binary()),
        attributes=attribute_maps(
            np.empty(0, np.int64), 2, pa.array([], pa.string()), pa.array([], pa.string())
        ),
    )
    decoded = records_payload(make_push(b""), columns)
    assert pa.ipc.open_stream(decoded.payloads[0].data).schema.equals(RECORD_SCHEMA)
    assert [row["timestamp"] for row in rows(decoded)] == [5, 1_760_000_000_123_456_789]
