"""A deliberately naive LogQL: plain Python over records, one at a time, slow and obvious.

It knows only what `test_oracle.py` generates: well-formed logfmt lines, flat JSON, and garbage. What
it answers is compared with the engine. Nothing of `prologue.query` but the syntax tree is used.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from prologue.logql.log_nodes import (
    And,
    Condition,
    DropLabels,
    JsonParser,
    KeepLabels,
    LabelFilter,
    LabelFormat,
    LabelRename,
    LineFilter,
    LineOp,
    LogfmtParser,
    LogQuery,
    Matcher,
    MatchOp,
    NumberComparison,
    Or,
    Stage,
)
from prologue.logql.metric_nodes import (
    BinaryOp,
    BinaryOperation,
    Grouping,
    Metric,
    NumberLiteral,
    RangeAggregation,
    RangeOp,
    VectorAggregation,
    VectorLiteral,
    VectorOp,
)
from tests.query.loading import Record

Labels = tuple[tuple[str, str], ...]
Vector = dict[Labels, float]


class PipelineError(Exception):
    """A metric query met an errored line."""


@dataclass
class Line:
    """One line on its way through the pipeline."""

    at: int
    text: str
    stream: dict[str, str]
    other: dict[str, str]
    error: bool = False
    preserved: bool = False
    value: float = 1.0
    meta_names: set[str] = field(default_factory=set)

    def get(self, name: str) -> str:
        if name == "__error__":
            return "E" if self.error else ""
        return self.stream.get(name) or self.other.get(name, "")

    def labels(self) -> Labels:
        merged = {**self.stream, **self.other}
        return tuple(sorted((name, value) for name, value in merged.items() if value))


def log_query(query: LogQuery, records: Iterable[Record], start: int, end: int) -> list[Line]:
    """The lines with `start <= at < end` that pass."""
    lines = (_run(query, record) for record in records if start <= record.at < end)
    return [line for line in lines if line is not None]


def _run(query: LogQuery, record: Record) -> Line | None:
    if not all(_matches(m.op, record.labels.get(m.name, ""), m.value) for m in query.matchers):
        return None
    line = Line(record.at, record.line, dict(record.labels), dict(record.metadata))
    line.meta_names = set(record.metadata)
    for stage in query.stages:
        if not _stage(stage, line):
            return None
    return line


def _matches(op: MatchOp, value: str, wanted: str) -> bool:
    if op in (MatchOp.EQUAL, MatchOp.NOT_EQUAL):
        return (value == wanted) == (op is MatchOp.EQUAL)
    return (re.fullmatch(wanted, value) is not None) == (op is MatchOp.REGEX)


def _stage(stage: Stage, line: Line) -> bool:
    match stage:
        case LineFilter(op, needles):
            tests = [
                n.text in line.text if "~" not in op else bool(re.search(n.text, line.text)) for n in needles
            ]
            assert op not in (LineOp.PATTERN, LineOp.NOT_PATTERN)
            return any(tests) != op.negative
        case LabelFilter(condition):
            return _condition(condition, line)
        case JsonParser():
            _parsed(line, _json(line))
        case LogfmtParser():
            pairs = (word.partition("=") for word in line.text.split(" "))
            _parsed(
                line, {key: value for key, equals, value in reversed(list(pairs)) if equals and key and value}
            )
        case LabelFormat(formats):
            for one in formats:
                assert isinstance(one, LabelRename)
                value = line.get(one.source)
                for name in (one.source, one.target):
                    line.stream.pop(name, None)
                    line.other.pop(name, None)
                line.other[one.target] = value
        case DropLabels(labels) | KeepLabels(labels):
            _select(line, labels, keep=isinstance(stage, KeepLabels))
    return True


def _json(line: Line) -> dict[str, str]:
    try:
        found = json.loads(line.text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        line.error = True
        return {}
    return {key: str(value) for key, value in found.items()}


def _parsed(line: Line, found: dict[str, str]) -> None:
    # Only what the stream or its metadata has is in the way; what was parsed before stays.
    taken = {name for name in (*line.stream, *line.other) if name in line.stream or name in line.meta_names}
    for name, value in found.items():
        shown = f"{name}_extracted" if name in taken else name
        line.other.setdefault(shown, value)


def _select(line: Line, labels: tuple[str | Matcher, ...], *, keep: bool) -> None:
    for place in (line.stream, line.other):
        for name in list(place):
            named = any(
                name == label
                if isinstance(label, str)
                else name == label.name and _matches(label.op, place[name], label.value)
                for label in labels
            )
            if named != keep:
                del place[name]


def _condition(condition: Condition, line: Line) -> bool:
    match condition:
        case And(parts):
            found = [_condition(part, line) for part in parts]  # every part is looked at
            return all(found)
        case Or(parts):
            return any(_condition(part, line) for part in parts)
        case Matcher(name, op, value):
            passes = _matches(op, line.get(name), value)
            if name == "__error__" and line.error and passes and not (op is MatchOp.EQUAL and value == ""):
                line.preserved = True
            return passes
        case NumberComparison(name, op, wanted):
            return _compare(line, name, op.value, wanted)
    raise AssertionError(condition)


def _compare(line: Line, name: str, op: str, wanted: float) -> bool:
    if line.error:
        return True
    text = line.get(name)
    if not text:
        return False
    try:
        return COMPARE[op](float(text), wanted)
    except ValueError:
        line.error = True
        return True


COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


def evaluate(node: Metric, records: list[Record], at: int) -> Vector | float:
    """The expression at one instant (ns after the origin)."""
    match node:
        case NumberLiteral(value):
            return value
        case VectorLiteral(value):
            return {(): value}
        case RangeAggregation():
            return _range(node, records, at)
        case VectorAggregation():
            source = evaluate(node.expression, records, at)
            assert isinstance(source, dict)
            return _aggregate(node, source)
        case BinaryOperation():
            return _binary(node, evaluate(node.left, records, at), evaluate(node.right, records, at))
    raise AssertionError(node)


def _range(node: RangeAggregation, records: list[Record], at: int) -> Vector:
    end = at - node.range.offset_ns
    lines = log_query(node.range.query, records, end - node.range.range_ns + 1, end + 1)
    samples: dict[Labels, list[tuple[int, float]]] = defaultdict(list)
    for line in lines:
        if not _sample(node, line):
            continue
        if line.error and not line.preserved:
            raise PipelineError
        samples[_grouped(line.labels(), node.grouping)].append((line.at, line.value))
    seconds = node.range.range_ns / 1e9
    return {labels: _reduce(node, sorted(found), seconds) for labels, found in samples.items()}


def _sample(node: RangeAggregation, line: Line) -> bool:
    unwrap = node.range.unwrap
    if unwrap is not None:
        text = line.get(unwrap.label)
        if not text:
            return False
        try:
            line.value = float(text)
        except ValueError:
            line.error, line.value = True, 0.0
        if not all(_condition(stage.condition, line) for stage in unwrap.filters):
            return False
        line.stream.pop(unwrap.label, None)
        line.other.pop(unwrap.label, None)
    elif node.op in (RangeOp.BYTES, RangeOp.BYTES_RATE):
        line.value = float(len(line.text.encode()))
    return True


def _reduce(node: RangeAggregation, found: list[tuple[int, float]], seconds: float) -> float:
    values = [value for _, value in found]
    match node.op:
        case RangeOp.COUNT:
            return float(len(values))
        case RangeOp.RATE | RangeOp.BYTES_RATE:
            return sum(values) / seconds
        case RangeOp.SUM | RangeOp.BYTES:
            return sum(values)
        case RangeOp.AVG:
            return sum(values) / len(values)
        case RangeOp.MIN:
            return min(values)
        case RangeOp.MAX:
            return max(values)
        case RangeOp.STDVAR:
            return statistics.pvariance(values)
        case RangeOp.STDDEV:
            return statistics.pstdev(values)
        case RangeOp.QUANTILE:
            return _quantile(node.parameter or 0.0, sorted(values))
    raise AssertionError(node.op)


def _quantile(phi: float, values: list[float]) -> float:
    if not 0 <= phi <= 1:
        return math.inf if phi > 1 else -math.inf
    rank = phi * (len(values) - 1)
    low, high = math.floor(rank), math.ceil(rank)
    return values[low] + (values[high] - values[low]) * (rank - low)


def _grouped(labels: Labels, grouping: Grouping | None) -> Labels:
    if grouping is None:
        return labels
    return tuple((n, v) for n, v in labels if (n in grouping.labels) != grouping.without)


def _aggregate(node: VectorAggregation, source: Vector) -> Vector:
    grouping = node.grouping or Grouping(())
    groups: dict[Labels, list[tuple[Labels, float]]] = defaultdict(list)
    for labels, value in source.items():
        groups[_grouped(labels, grouping)].append((labels, value))
    if node.op in (VectorOp.TOPK, VectorOp.BOTTOMK):
        sign = -1 if node.op is VectorOp.TOPK else 1
        best = int(node.parameter or 1)
        return dict(p for g in groups.values() for p in sorted(g, key=lambda p: sign * p[1])[:best])
    return {labels: _fold(node.op, [value for _, value in group]) for labels, group in groups.items()}


def _fold(op: VectorOp, values: list[float]) -> float:
    match op:
        case VectorOp.SUM:
            return sum(values)
        case VectorOp.AVG:
            return sum(values) / len(values)
        case VectorOp.MIN:
            return min(values)
        case VectorOp.MAX:
            return max(values)
        case VectorOp.COUNT:
            return float(len(values))
        case VectorOp.STDDEV:
            return statistics.pstdev(values)
        case VectorOp.STDVAR:
            return statistics.pvariance(values)
    raise AssertionError(op)


def _binary(node: BinaryOperation, left: Vector | float, right: Vector | float) -> Vector | float:
    if node.op.is_set:
        assert isinstance(left, dict) and isinstance(right, dict)
        if node.op is BinaryOp.OR:
            return {**{k: v for k, v in right.items() if k not in left}, **left}
        return {k: v for k, v in left.items() if (k in right) == (node.op is BinaryOp.AND)}
    if isinstance(left, float) and isinstance(right, float):
        return _operate(node.op, left, right)
    names = set(left if isinstance(left, dict) else right)  # type: ignore[arg-type]
    if isinstance(left, dict) and isinstance(right, dict):
        names &= set(right)
    result: Vector = {}
    for name in names:
        a = left[name] if isinstance(left, dict) else left
        b = right[name] if isinstance(right, dict) else right
        value = _operate(node.op, a, b)
        if not node.op.is_comparison or node.returns_bool:
            result[name] = value
        elif value:
            result[name] = a if isinstance(left, dict) else b
    return result


def _operate(op: BinaryOp, a: float, b: float) -> float:
    if op.value in COMPARE:
        return float(COMPARE[op.value](a, b))
    match op:
        case BinaryOp.ADD:
            return a + b
        case BinaryOp.SUBTRACT:
            return a - b
        case BinaryOp.MULTIPLY:
            return a * b
        case BinaryOp.DIVIDE:
            return (
                a / b
                if b
                else math.nan
                if a == 0 or math.isnan(a)
                else math.copysign(math.inf, a) * math.copysign(1, b)
            )
    raise AssertionError(op)
