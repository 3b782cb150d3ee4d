"""Answers for programs."""

from __future__ import annotations

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from prologue.cli.show.formats import lines_csv, lines_jsonl, lines_raw, samples_csv, samples_jsonl
from prologue.client.results import Categories, Line, Matrix, Sample, Series

AT = 1_795_442_707_123_456_789
ROWS = [
    ({"app": "a"}, Line(AT, 'say "hi", ok', Categories({"trace_id": "t"}, {"status": "1"}))),
    ({"pod": "p"}, Line(AT + 1, "x\ny")),
]
ANSWER = Matrix([Series({"a": "1"}, [Sample(1.5, "2"), Sample(2, "NaN")])])


def test_jsonl_keeps_everything() -> None:
    first, second = (json.loads(text) for text in lines_jsonl(ROWS))
    assert first == {
        "timestamp": "2026-11-23T14:05:07.123456789Z",
        "line": 'say "hi", ok',
        "labels": {"app": "a"},
        "metadata": {"trace_id": "t"},
        "parsed": {"status": "1"},
    }
    assert second == {"timestamp": "2026-11-23T14:05:07.123456790Z", "line": "x\ny", "labels": {"pod": "p"}}


def test_csv_has_a_column_for_every_name() -> None:
    rows = list(csv.reader(io.StringIO("\n".join(lines_csv(ROWS)), newline="")))
    assert rows == [
        ["timestamp", "app", "pod", "status", "trace_id", "line"],
        ["2026-11-23T14:05:07.123456789Z", "a", "", "1", "t", 'say "hi", ok'],
        ["2026-11-23T14:05:07.123456790Z", "", "p", "", "", "x\ny"],
    ]


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
def test_csv_reads_back(texts: list[str]) -> None:
    rows = [({"app": text}, Line(AT, text)) for text in texts]
    read = list(csv.reader(io.StringIO("\n".join(lines_csv(rows)), newline="")))
    assert [row[-1] for row in read[1:]] == texts


def test_raw_is_the_line_itself() -> None:
    assert list(lines_raw(ROWS)) == ['say "hi", ok', "x\ny"]


def test_samples() -> None:
    assert [json.loads(text) for text in samples_jsonl(ANSWER)] == [
        {"timestamp": "1970-01-01T00:00:01.500000000Z", "value": 2.0, "labels": {"a": "1"}},
        {"timestamp": "1970-01-01T00:00:02.000000000Z", "value": "NaN", "labels": {"a": "1"}},
    ]
    assert list(samples_csv(ANSWER)) == [
        "timestamp,a,value",
        "1970-01-01T00:00:01.500000000Z,1,2",
        "1970-01-01T00:00:02.000000000Z,1,NaN",
    ]
