"""Query answers as typed data, decoded from Loki's response format in one step.

Streams hold lines, a matrix holds series of samples, a vector one sample a series, a scalar one
sample. Each knows its Arrow form, the way into notebooks.

Source: Loki HTTP API reference, "Query logs within a range of time", response `data`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import pyarrow as pa


class Categories(msgspec.Struct, frozen=True, rename="camel"):
    """Labels of one line that are not of its stream: stored with it, or found by the query's parsers."""

    structured_metadata: dict[str, str] = {}
    parsed: dict[str, str] = {}


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One log line. `timestamp` is Unix time in ns."""

    timestamp: int
    text: str
    categories: Categories = Categories()


class Stream(msgspec.Struct, frozen=True):
    """Lines that share a label set."""

    stream: dict[str, str]
    values: list[Line]


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """One sample. `seconds` is Unix time; `text` its value as sent ("NaN" and "+Inf" among them)."""

    seconds: float
    text: str

    @property
    def value(self) -> float:
        return float(self.text)


class Series(msgspec.Struct, frozen=True):
    """The samples of one label set, oldest first."""

    metric: dict[str, str]
    values: list[Sample]


class Point(msgspec.Struct, frozen=True):
    """The one sample of one label set."""

    metric: dict[str, str]
    value: Sample


class Streams(msgspec.Struct, frozen=True, tag_field="resultType", tag="streams"):
    """The answer of a log query."""

    result: list[Stream]
    stats: dict[str, Any] = {}

    def lines(self, *, newest_first: bool) -> Iterator[tuple[Mapping[str, str], Line]]:
        """Every line with its stream's labels, merged over streams in order of time."""
        merged = [(stream.stream, line) for stream in self.result for line in stream.values]
        merged.sort(key=lambda pair: pair[1].timestamp, reverse=newest_first)
        return iter(merged)

    def to_arrow(self) -> pa.Table:
        """Columns `timestamp` (ns, UTC), `line`, `labels`, `metadata`, `parsed` (maps)."""
        import pyarrow as pa  # noqa: PLC0415 - only this needs it, and it doubles a command's start

        text_map = pa.map_(pa.string(), pa.string())
        rows = [(stream.stream, line) for stream in self.result for line in stream.values]
        return pa.table(
            {
                "timestamp": pa.array([line.timestamp for _, line in rows], pa.timestamp("ns", "UTC")),
                "line": pa.array([line.text for _, line in rows], pa.large_string()),
                "labels": pa.array([list(labels.items()) for labels, _ in rows], text_map),
                "metadata": pa.array(
                    [list(line.categories.structured_metadata.items()) for _, line in rows], text_map
                ),
                "parsed": pa.array([list(line.categories.parsed.items()) for _, line in rows], text_map),
            }
        )


class Matrix(msgspec.Struct, frozen=True, tag_field="resultType", tag="matrix"):
    """The answer of a metric query over a range."""

    result: list[Series]
    stats: dict[str, Any] = {}

    def to_arrow(self) -> pa.Table:
        """Columns `timestamp` (ms, UTC), `value`, `labels` (map)."""
        return _samples_table([(series.metric, s) for series in self.result for s in series.values])


class Vector(msgspec.Struct, frozen=True, tag_field="resultType", tag="vector"):
    """The answer of a metric query at one time."""

    result: list[Point]
    stats: dict[str, Any] = {}

    def to_arrow(self) -> pa.Table:
        """Columns `timestamp` (ms, UTC), `value`, `labels` (map)."""
        return _samples_table([(point.metric, point.value) for point in self.result])


class Scalar(msgspec.Struct, frozen=True, tag_field="resultType", tag="scalar"):
    """The answer of a query that is a number."""

    result: Sample
    stats: dict[str, Any] = {}

    def to_arrow(self) -> pa.Table:
        """Columns `timestamp` (ms, UTC), `value`, `labels` (an empty map)."""
        return _samples_table([({}, self.result)])


Result = Streams | Matrix | Vector | Scalar


class Dropped(msgspec.Struct, frozen=True):
    """A line a tail could not deliver in time. `timestamp` is Unix time in ns."""

    labels: dict[str, str]
    timestamp: int


class TailMessage(msgspec.Struct, frozen=True):
    """One message of a tail: new lines, and lines that were dropped on the way."""

    streams: list[Stream] = []
    dropped_entries: list[Dropped] | None = None


class _Envelope(msgspec.Struct, frozen=True):
    data: Result


class _Names(msgspec.Struct, frozen=True):
    data: list[str] | None = None


class _LabelSets(msgspec.Struct, frozen=True):
    data: list[dict[str, str]] | None = None


# Loki writes nanoseconds as strings of digits: hence strict=False.
_ENVELOPE = msgspec.json.Decoder(_Envelope, strict=False)
_NAMES = msgspec.json.Decoder(_Names)
_LABEL_SETS = msgspec.json.Decoder(_LabelSets)
_TAIL = msgspec.json.Decoder(TailMessage, strict=False)


def decode_result(body: bytes) -> Result:
    """A query's answer. Raises `msgspec.MsgspecError`."""
    return _ENVELOPE.decode(body).data


def decode_names(body: bytes) -> list[str]:
    """The answer of `labels` and of `label/<name>/values`. Raises `msgspec.MsgspecError`."""
    return _NAMES.decode(body).data or []


def decode_label_sets(body: bytes) -> list[dict[str, str]]:
    """The answer of `series`. Raises `msgspec.MsgspecError`."""
    return _LABEL_SETS.decode(body).data or []


def decode_tail(message: str | bytes) -> TailMessage:
    """One WebSocket message of `tail`. Raises `msgspec.MsgspecError`."""
    return _TAIL.decode(message)


def _samples_table(rows: list[tuple[dict[str, str], Sample]]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415 - only this needs it, and it doubles a command's start

    return pa.table(
        {
            "timestamp": pa.array([round(s.seconds * 1000) for _, s in rows], pa.timestamp("ms", "UTC")),
            "value": pa.array([s.value for _, s in rows], pa.float64()),
            "labels": pa.array(
                [list(labels.items()) for labels, _ in rows], pa.map_(pa.string(), pa.string())
            ),
        }
    )
