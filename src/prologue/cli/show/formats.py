"""Answers for programs: JSON lines, CSV, or the bare lines.

Times are RFC 3339 in UTC with nine digits; nothing is shortened, escaped for a terminal or coloured.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from prologue.cli.show.lines import Row
from prologue.cli.times import format_exact
from prologue.client.results import Line, Matrix, Sample, Scalar, Vector


def lines_jsonl(rows: Iterable[Row]) -> Iterator[str]:
    """One object a line: timestamp, line, labels, and what else the line carries."""
    for labels, line in rows:
        record: dict[str, Any] = {
            "timestamp": format_exact(line.timestamp),
            "line": line.text,
            "labels": dict(labels),
        }
        if line.categories.structured_metadata:
            record["metadata"] = line.categories.structured_metadata
        if line.categories.parsed:
            record["parsed"] = line.categories.parsed
        yield orjson.dumps(record).decode()


def lines_csv(rows: Sequence[Row]) -> Iterator[str]:
    """A header and one row a line: timestamp, every label, metadata and parsed name, the line."""
    every = [(line, _flat(labels, line)) for labels, line in rows]
    names = sorted({name for _, flat in every for name in flat})
    yield _csv_row(["timestamp", *names, "line"])
    for line, flat in every:
        yield _csv_row([format_exact(line.timestamp), *(flat.get(n, "") for n in names), line.text])


def lines_raw(rows: Iterable[Row]) -> Iterator[str]:
    """The lines as they were sent."""
    return (line.text for _, line in rows)


def sample_rows(answer: Matrix | Vector | Scalar) -> list[tuple[dict[str, str], Sample]]:
    """Every sample with its labels, in the order of the answer."""
    if isinstance(answer, Matrix):
        return [(series.metric, sample) for series in answer.result for sample in series.values]
    if isinstance(answer, Vector):
        return [(point.metric, point.value) for point in answer.result]
    return [({}, answer.result)]


def samples_jsonl(answer: Matrix | Vector | Scalar) -> Iterator[str]:
    """One object a sample: timestamp, value, labels. NaN and infinities are strings, as in Loki."""
    for labels, sample in sample_rows(answer):
        value: float | str = sample.value if math.isfinite(sample.value) else sample.text
        record = {"timestamp": _sample_time(sample), "value": value, "labels": labels}
        yield orjson.dumps(record).decode()


def samples_csv(answer: Matrix | Vector | Scalar) -> Iterator[str]:
    """A header and one row a sample: timestamp, every label, value."""
    rows = sample_rows(answer)
    names = sorted({name for labels, _ in rows for name in labels})
    yield _csv_row(["timestamp", *names, "value"])
    for labels, sample in rows:
        yield _csv_row([_sample_time(sample), *(labels.get(n, "") for n in names), sample.text])


LINE_FORMATS: Mapping[str, Callable[[Sequence[Row]], Iterator[str]]] = {
    "jsonl": lines_jsonl,
    "csv": lines_csv,
    "raw": lines_raw,
}
SAMPLE_FORMATS: Mapping[str, Callable[[Matrix | Vector | Scalar], Iterator[str]]] = {
    "jsonl": samples_jsonl,
    "csv": samples_csv,
}


def _flat(labels: Mapping[str, str], line: Line) -> dict[str, str]:
    return {**line.categories.structured_metadata, **line.categories.parsed, **labels}


def _sample_time(sample: Sample) -> str:
    # The API gives seconds as a float: exact to the millisecond and no further.
    return format_exact(round(sample.seconds * 1000) * 10**6)


def _csv_row(fields: Sequence[str]) -> str:
    out = io.StringIO()
    # The writer quotes what its line end contains: with "\r\n" every kind of newline in a field.
    csv.writer(out, lineterminator="\r\n").writerow(fields)
    return out.getvalue().removesuffix("\r\n")
