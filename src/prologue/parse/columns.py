"""The raw columns: what every format's SELECT yields, before times are believed and levels resolved.

They are staged as they are (see `finish.py` for why) and then finished in one place for all formats.
"""

from __future__ import annotations

from dataclasses import dataclass

RAW_COLUMNS = (
    "tenant",  # String
    "sent",  # Nullable(DateTime64(9)): the time the sender gave
    "observed",  # DateTime64(9): when it reached us
    "labels",  # LowCardinality(String): canonical label set
    "severity_number",  # UInt8
    "severity_text",  # String, as sent
    "body",  # String
    "trace_id",  # String
    "span_id",  # String
    "attributes",  # Map(LowCardinality(String), String)
)


EARLIEST_NS = 31_536_000 * 10**9
"""1971-01-01: an earlier time is a clock that was never set."""


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """What the operator decided. `max_future_seconds`: a time further ahead is not believed, nor one more
    than `max_past_seconds` back, where that is not 0."""

    discover_service_name: bool = True
    discover_log_levels: bool = True
    max_future_seconds: int = 48 * 3600
    max_past_seconds: int = 0


def quoted(text: str) -> str:
    """A string literal of our own making, for constants in expressions."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def array(words: tuple[str, ...] | list[str]) -> str:
    return "[" + ", ".join(quoted(word) for word in words) + "]"
