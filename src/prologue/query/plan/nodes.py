"""The frozen plan of a query. Syntax says what was written; a plan says what is computed.

A plan has no sugar: every grouping is explicit, every number a float, every stage in the order it
runs. Passes return new plans. Next chapter: `prologue.query.plan.build`.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.log_nodes import Matcher, Stage
from prologue.logql.metric_nodes import BinaryOp, Grouping, Matching, RangeOp, Unwrap, VectorOp


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of the streams that match, through the stages."""

    matchers: tuple[Matcher, ...]
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """`op` over each window of `range_ns`, ended `offset_ns` before the evaluation.

    Without a grouping every distinct label set is a series of its own. A grouping keeps the error
    labels of errored lines next to the labels it names, unless it came from an outer aggregation.
    """

    op: RangeOp
    lines: Lines
    unwrap: Unwrap | None
    range_ns: int
    offset_ns: int
    parameter: float | None = None
    grouping: Grouping | None = None
    drops_errors: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`op` over the series of each evaluation. Without a grouping they are all one group."""

    op: VectorOp
    source: Metric
    grouping: Grouping | None
    parameter: float | None = None


@dataclass(frozen=True, slots=True)
class Binary:
    """`op` between two sides, at least one of which is a vector."""

    op: BinaryOp
    left: Metric
    right: Metric
    returns_bool: bool
    matching: Matching


@dataclass(frozen=True, slots=True)
class Relabel:
    """`label_replace`."""

    source: Metric
    target: str
    replacement: str
    label: str
    regex: str


@dataclass(frozen=True, slots=True)
class Vector:
    """One series without labels, the same value at every evaluation."""

    value: float


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number."""

    value: float


Metric = Range | Aggregate | Binary | Relabel | Vector | Scalar
Plan = Lines | Metric
