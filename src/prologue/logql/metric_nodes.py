"""The frozen tree of a metric query: ranges of log lines, aggregations, operators.

Next chapter: `prologue.logql.parser`, which builds it, or `prologue.logql.printer`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from prologue.logql.log_nodes import LabelFilter, LogQuery


class RangeOp(enum.StrEnum):
    """What is computed over a window."""

    RATE = "rate"
    COUNT = "count_over_time"
    BYTES_RATE = "bytes_rate"
    BYTES = "bytes_over_time"
    ABSENT = "absent_over_time"
    RATE_COUNTER = "rate_counter"
    SUM = "sum_over_time"
    AVG = "avg_over_time"
    MIN = "min_over_time"
    MAX = "max_over_time"
    STDVAR = "stdvar_over_time"
    STDDEV = "stddev_over_time"
    FIRST = "first_over_time"
    LAST = "last_over_time"
    QUANTILE = "quantile_over_time"


class VectorOp(enum.StrEnum):
    """What is computed over the series of one instant."""

    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    COUNT = "count"
    STDDEV = "stddev"
    STDVAR = "stdvar"
    TOPK = "topk"
    BOTTOMK = "bottomk"
    APPROX_TOPK = "approx_topk"
    SORT = "sort"
    SORT_DESC = "sort_desc"


class BinaryOp(enum.StrEnum):
    """Operators between two metric expressions."""

    OR = "or"
    AND = "and"
    UNLESS = "unless"
    EQUAL = "=="
    NOT_EQUAL = "!="
    GREATER = ">"
    GREATER_EQUAL = ">="
    LESS = "<"
    LESS_EQUAL = "<="
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    MODULO = "%"
    POWER = "^"

    @property
    def precedence(self) -> int:
        """Higher binds tighter. `^` is right-associative, all others are left-associative."""
        return PRECEDENCE[self]

    @property
    def is_set(self) -> bool:
        return self in (BinaryOp.OR, BinaryOp.AND, BinaryOp.UNLESS)

    @property
    def is_comparison(self) -> bool:
        return self.precedence == PRECEDENCE[BinaryOp.EQUAL]


PRECEDENCE = {
    BinaryOp.OR: 1,
    BinaryOp.AND: 2,
    BinaryOp.UNLESS: 2,
    BinaryOp.EQUAL: 3,
    BinaryOp.NOT_EQUAL: 3,
    BinaryOp.GREATER: 3,
    BinaryOp.GREATER_EQUAL: 3,
    BinaryOp.LESS: 3,
    BinaryOp.LESS_EQUAL: 3,
    BinaryOp.ADD: 4,
    BinaryOp.SUBTRACT: 4,
    BinaryOp.MULTIPLY: 5,
    BinaryOp.DIVIDE: 5,
    BinaryOp.MODULO: 5,
    BinaryOp.POWER: 6,
}


class Conversion(enum.StrEnum):
    """How `unwrap` reads a label's value as a number."""

    NUMBER = ""
    DURATION = "duration"
    DURATION_SECONDS = "duration_seconds"
    BYTES = "bytes"


class GroupSide(enum.StrEnum):
    """Which side of a vector match may have many elements for one of the other."""

    LEFT = "group_left"
    RIGHT = "group_right"


@dataclass(frozen=True, slots=True)
class Grouping:
    """`by (labels)`, or `without (labels)`."""

    labels: tuple[str, ...]
    without: bool = False


@dataclass(frozen=True, slots=True)
class Unwrap:
    """`| unwrap duration(label)`: the label becomes the sample's value.

    `filters` are the label filters after it: the only stages that may follow.
    """

    label: str
    conversion: Conversion = Conversion.NUMBER
    filters: tuple[LabelFilter, ...] = ()
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LogRange:
    """The lines of a query within a window of `range_ns`, moved back by `offset_ns` (may be negative)."""

    query: LogQuery
    range_ns: int
    offset_ns: int = 0
    unwrap: Unwrap | None = None


@dataclass(frozen=True, slots=True)
class RangeAggregation:
    """`op(parameter, range) by (labels)`; only `quantile_over_time` takes a parameter."""

    op: RangeOp
    range: LogRange
    parameter: float | None = None
    grouping: Grouping | None = None
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class VectorAggregation:
    """`op(parameter, expression) by (labels)`; topk, bottomk and approx_topk take a parameter."""

    op: VectorOp
    expression: Metric
    parameter: float | None = None
    grouping: Grouping | None = None
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Matching:
    """Which labels two series must share: `on (labels)`, or all but `ignoring (labels)`.

    `side` and `include` are `group_left (include)` or `group_right (include)`.
    """

    labels: tuple[str, ...] = ()
    on: bool = False
    side: GroupSide | None = None
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BinaryOperation:
    """`left op [bool] [on (...)] right`."""

    op: BinaryOp
    left: Metric
    right: Metric
    returns_bool: bool = False
    matching: Matching | None = None
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LabelReplace:
    """`label_replace(expression, "target", "replacement", "source", "regex")`; the regex is anchored."""

    expression: Metric
    target: str
    replacement: str
    source: str
    regex: str
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class VectorLiteral:
    """`vector(1)`: one series without labels."""

    value: float
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """A scalar."""

    value: float
    at: int = field(default=0, compare=False, repr=False)


Metric = RangeAggregation | VectorAggregation | BinaryOperation | LabelReplace | VectorLiteral | NumberLiteral
Query = LogQuery | Metric
