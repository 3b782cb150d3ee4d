"""The last step every format shares: staged raw columns in, the record model's columns out.

Here is decided, the same way for every format, which time a line has when its sender gave none or an
absurd one, and which level it has (`prologue.parse.levels`). It reads the stage, not a format's SELECT:
an expression over a column that is itself an expression is evaluated again in each branch (measured: six
times the cost of parsing), over a staged column it is evaluated once.
"""

from __future__ import annotations

from prologue.parse.columns import ParseOptions
from prologue.parse.levels.sql import level_of_row


def _timestamp(options: ParseOptions) -> str:
    """The time of a line; `believed` is whether it is the one that was sent."""
    earliest = "toDateTime64('1971-01-01 00:00:00', 9, 'UTC')"
    if options.max_past_seconds:
        earliest = f"greatest({earliest}, subtractSeconds(observed, {options.max_past_seconds}))"
    believed = (
        f"ifNull(sent BETWEEN {earliest} AND addSeconds(observed, {options.max_future_seconds}), false)"
    )
    return f"if({believed} AS believed, assumeNotNull(sent), observed) AS timestamp"


def times(options: ParseOptions) -> str:
    """A SELECT over `stage` of: tenant, timestamp, labels, as `finish` has them.

    The level is a long expression: to plan it takes the engine longer than to group a batch by its streams.
    """
    return f"SELECT tenant, {_timestamp(options)}, labels FROM stage"


def finish(options: ParseOptions) -> str:
    """A SELECT over `stage` of: tenant, timestamp, observed, labels, level, severity_number,
    severity_text, body, trace_id, span_id, attributes.

    A time before 1971, or too far ahead or back, is not believed: the line is kept at its arrival time, and
    what was sent stays in the attribute `original_timestamp`.
    """
    return _finished(options, level_of_row(options))


def finish_decided(options: ParseOptions) -> str:
    """`finish` for a stage that holds the level of each of its rows: a third of the planning."""
    return _finished(options, "stage.level")


def _finished(options: ParseOptions, level: str) -> str:
    return f"""
SELECT tenant, {_timestamp(options)}, observed, labels,
    {level} AS level, severity_number, severity_text, body, trace_id, span_id,
    if(believed OR isNull(sent), stage.attributes,
       mapUpdate(stage.attributes, map('original_timestamp', toString(assumeNotNull(sent))))) AS attributes
FROM stage"""
