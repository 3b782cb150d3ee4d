"""Patterns: what kinds of lines there are, and how many of each over time.

The engine replaces every word with a digit in it by `<_>` and counts the shapes that are left, which
takes about a second for a million lines on two cores. Shapes that differ in few words are then joined
(`prologue.query.drain`). More than MAX_LINES lines are sampled evenly and the counts scaled up.

Next chapter: `prologue.query.drain`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from prologue.logql.lower.sql import Bindings, Statement
from prologue.model.errors import LimitError
from prologue.query.drain import ANY, cluster
from prologue.query.lower.scan import Scan, scan_rows
from prologue.query.request import MAX_POINTS, Derived
from prologue.query.run import QueryEngine

MAX_LINES = 500_000
MAX_SHAPES = 3000
MAX_CHARACTERS = 1000
MAX_PATTERNS = 300
_SECOND = 1_000_000_000
_WITH_DIGIT = "[A-Za-z0-9_]*[0-9][A-Za-z0-9_]*"
_VARIABLE = f"{_WITH_DIGIT}(?:[-.:,/+]{_WITH_DIGIT})*"


@dataclass(frozen=True, slots=True)
class Pattern:
    """`samples` are (Unix seconds at the start of a step, lines), oldest first."""

    text: str
    samples: tuple[tuple[int, int], ...]


class Patterns:
    """Patterns over one query engine."""

    def __init__(self, engine: QueryEngine) -> None:
        self._engine = engine

    def patterns(self, scan: Scan, step: int) -> list[Pattern]:
        """The most frequent patterns, most first; `step` in ns, whole seconds of it count.

        Patterns can be used as they are in `|> "..."`.
        """
        step = max(step // _SECOND, 1) * _SECOND
        if (scan.last - scan.first) // step > MAX_POINTS:
            raise LimitError(
                f"more than {MAX_POINTS} samples a pattern", cure="use a larger step, or a shorter time range"
            )
        share = self._share(scan)
        table = self._engine.run(self._statement(scan, step, share))
        return _joined(table, share)

    def _share(self, scan: Scan) -> int:
        """Every how many-th line is looked at, so that at most about MAX_LINES are."""
        bindings = Bindings()
        rows = scan_rows(scan, self._engine.facts(scan), bindings, Derived())
        counted = self._engine.run(Statement(f"SELECT count() AS n FROM ({rows.sql})", bindings.values))
        return -(-int(counted["n"][0].as_py()) // MAX_LINES) or 1

    def _statement(self, scan: Scan, step: int, share: int) -> Statement:
        """Rows `shape`, `steps` and `counts`, the most frequent shapes first."""
        bindings = Bindings()
        rows = scan_rows(scan, self._engine.facts(scan), bindings, Derived())
        every = bindings.integer(share)
        sampled = f" WHERE intHash64(toUnixTimestamp64Nano(timestamp)) % {every} = 0" if share > 1 else ""
        length = bindings.integer(MAX_CHARACTERS)
        cut = f"concat(substringUTF8(line, 1, {length}), if(lengthUTF8(line) > {length}, '{ANY}', ''))"
        shape = f"replaceRegexpAll({cut}, {bindings.text(_VARIABLE)}, '{ANY}')"
        seconds = bindings.integer(step // _SECOND)
        at = f"intDiv(toUnixTimestamp(timestamp), {seconds}) * {seconds}"
        shapes = (
            f"SELECT {shape} AS shape, toInt64({at}) AS step, count() AS lines FROM ("
            f"SELECT timestamp, toValidUTF8(body) AS line FROM ({rows.sql}){sampled}) GROUP BY shape, step"
        )
        return Statement(
            "SELECT shape, groupArray(step) AS steps, groupArray(lines) AS counts "
            f"FROM ({shapes}) GROUP BY shape ORDER BY sum(lines) DESC, shape LIMIT "
            f"{bindings.integer(MAX_SHAPES)}",
            bindings.values,
        )


def _joined(table: pa.Table, share: int) -> list[Pattern]:
    """The patterns of the shapes; counts are added up in Arrow."""
    texts, places = cluster(str(shape) for shape in table["shape"].to_pylist())
    steps = table["steps"].combine_chunks()
    flat = pa.table(
        {
            "pattern": pc.take(pa.array(places, pa.int64()), pc.list_parent_indices(steps)),
            "step": pc.list_flatten(steps),
            "lines": pc.list_flatten(table["counts"].combine_chunks()),
        }
    )
    added = flat.group_by(["pattern", "step"]).aggregate([("lines", "sum")]).sort_by("step").to_pylist()
    samples: dict[int, list[tuple[int, int]]] = {}
    for row in added:
        samples.setdefault(row["pattern"], []).append((row["step"], row["lines_sum"] * share))
    found = [Pattern(texts[place], tuple(counts)) for place, counts in samples.items()]
    found.sort(key=lambda pattern: (-sum(count for _, count in pattern.samples), pattern.text))
    return found[:MAX_PATTERNS]
