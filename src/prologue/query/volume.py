"""How much there is: streams, lines and bytes of a selector, by label set, by label, over time.

Nothing is estimated: lines are grouped by stream in the engine, which reads their ids and the lengths
of their bodies but no body; what is left, one row a stream, is then grouped by labels.

Next chapter: `prologue.query.detected`, which looks into the lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from prologue.logql.log_nodes import Matcher, MatchOp
from prologue.logql.lower.sql import Bindings, Statement
from prologue.model.errors import LimitError
from prologue.query.lower.metrics import labels_json
from prologue.query.lower.scan import Scan, scan_rows
from prologue.query.request import MAX_POINTS, Derived
from prologue.query.run import QueryEngine
from prologue.query.streams import scope_condition


@dataclass(frozen=True, slots=True)
class VolumeRequest:
    """What is counted and how it is grouped.

    Bytes of the lines of `scan`, summed over the whole range, or over each `step` ns of it where that
    is not 0. Grouped by the labels named in `targets`; without any by those the selector names (by all,
    where it names none). `by_name` counts each label name instead of each combination of values. At
    most `limit` groups, the largest.
    """

    scan: Scan
    targets: tuple[str, ...] = ()
    by_name: bool = False
    limit: int = 100
    step: int = 0


@dataclass(frozen=True, slots=True)
class Volume:
    """One group: its labels as JSON, and (end of the bucket in Unix ns, bytes), oldest first."""

    labels: str
    points: tuple[tuple[int, int], ...]


class Volumes:
    """Counts over one query engine."""

    def __init__(self, engine: QueryEngine) -> None:
        self._engine = engine

    def stats(self, scan: Scan) -> Mapping[str, int]:
        """Loki's index statistics: `streams`, `chunks` (the engine's data parts), `entries`, `bytes`."""
        bindings = Bindings()
        rows = scan_rows(scan, self._engine.facts(scan), bindings, Derived())
        where = " AND ".join(f"({condition})" for condition in rows.conditions)
        sql = (
            "SELECT uniqExact(stream) AS streams, uniqExact(_part) AS chunks, count() AS entries, "
            f"sum(length(body)) AS bytes FROM {rows.source} WHERE {where}"
        )
        row = self._engine.run(Statement(sql, bindings.values)).to_pylist()[0]
        return {name: int(row[name] or 0) for name in ("streams", "chunks", "entries", "bytes")}

    def volume(self, request: VolumeRequest) -> list[Volume]:
        """The groups, the largest first."""
        _check_points(request)
        request = _with_target_matchers(request)
        rows = self._engine.run(self._statement(request)).to_pylist()
        return [
            Volume(row["labels"], tuple((point["end"], int(point["bytes"])) for point in row["points"]))
            for row in rows
        ]

    def _statement(self, request: VolumeRequest) -> Statement:
        bindings = Bindings()
        scan = request.scan
        rows = scan_rows(scan, self._engine.facts(scan), bindings, Derived())
        bucket = _bucket_end(request, bindings)
        counted = (
            f"SELECT stream, {bucket} AS bucket, sum(length(body)) AS bytes FROM ({rows.sql}) "
            "GROUP BY stream, bucket"
        )
        labels = (
            f"SELECT stream, {_grouped(request, bindings)} AS kept FROM ("
            "SELECT stream, CAST(any(labels), 'Map(String, String)') AS found FROM streams "
            f"WHERE {scope_condition(scan.scope, bindings)} GROUP BY stream)"
        )
        each = "arrayJoin(mapKeys(kept))" if request.by_name else "kept"
        shown = "map(series, '')" if request.by_name else "series"
        empty = "" if request.by_name else " WHERE length(kept) > 0"
        summed = (
            f"SELECT {each} AS series, bucket, sum(bytes) AS bytes FROM ({counted}) AS c "
            f"INNER JOIN ({labels}) AS l USING (stream){empty} GROUP BY series, bucket"
        )
        points = "arraySort(groupArray(CAST((bucket, bytes), 'Tuple(end Int64, bytes UInt64)')))"
        sql = (
            f"SELECT {labels_json(shown)} AS labels, {points} AS points FROM ({summed}) GROUP BY series "
            f"ORDER BY sum(bytes) DESC, labels LIMIT {bindings.integer(request.limit)}"
        )
        return Statement(sql, bindings.values)


def _grouped(request: VolumeRequest, bindings: Bindings) -> str:
    """The labels of a stream that its group is named by, as SQL."""
    names = request.targets
    if not names and not request.by_name:
        names = tuple(dict.fromkeys(matcher.name for matcher in request.scan.matchers))
    if not names:
        return "mapSort(found)"
    return f"mapSort(mapFilter((k, v) -> has({bindings.texts(names)}, k), found))"


def _bucket_end(request: VolumeRequest, bindings: Bindings) -> str:
    """The end of the bucket that a line is in, in Unix ns; the last one ends with the range."""
    scan = request.scan
    end = bindings.integer(scan.last + 1)
    if not request.step:
        return end
    start, step = bindings.integer(scan.first), bindings.integer(request.step)
    bucket = f"intDiv(toUnixTimestamp64Nano(timestamp) - {start}, {step})"
    return f"least({start} + ({bucket} + 1) * {step}, {end})"


def _with_target_matchers(request: VolumeRequest) -> VolumeRequest:
    """Only streams that have every target label count; a matcher of the user's on it decides alone."""
    named = {matcher.name for matcher in request.scan.matchers}
    added = tuple(Matcher(name, MatchOp.REGEX, ".+") for name in request.targets if name not in named)
    return replace(request, scan=replace(request.scan, matchers=request.scan.matchers + added))


def _check_points(request: VolumeRequest) -> None:
    points = (request.scan.last - request.scan.first) // request.step + 1 if request.step else 1
    if points > MAX_POINTS:
        raise LimitError(
            f"{points} points a series are more than the limit of {MAX_POINTS}",
            cure="use a larger step, or a shorter time range",
        )
