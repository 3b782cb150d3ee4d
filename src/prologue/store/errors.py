"""The driver's exceptions turned into Prologue's, by what the caller can do about them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from clickhouse_connect.driver.exceptions import ClickHouseError

from prologue.model.errors import Cancelled, EngineError, EngineUnavailable, LimitError

_CODE = re.compile(r"Code: (\d+)\.")
_NOISE = re.compile(r"\s*(?:\(version [^)]*\)|: In scope .*)", re.DOTALL)

# ClickHouse error codes, src/Common/ErrorCodes.cpp of its source.
_LIMITS = {
    158: ("the query reads too many rows", "narrow the time range or the stream selector"),
    307: ("the query reads too many bytes", "narrow the time range or the stream selector"),
    159: ("the query ran into its time limit", "narrow the time range, or raise query.timeout"),
    160: ("the query would run into its time limit", "narrow the time range, or raise query.timeout"),
    241: ("the query ran into its memory limit", "narrow the query, or raise store.query_memory"),
    396: ("the result is larger than the limit", "narrow the query or lower its limit"),
}
_CANCELLED = 394
_TEMPORARY = {
    243: "the disk is full",
    252: "too many parts wait to be merged",
    999: "the coordination service does not answer",
    209: "the engine's socket timed out",
    210: "the engine cannot be reached",
}


def classify(error: Exception) -> EngineError | EngineUnavailable | LimitError | Cancelled:
    """The Prologue error for a failure of the driver or the engine."""
    text = str(error)
    match = _CODE.search(text)
    code = int(match.group(1)) if match else 0
    if code == _CANCELLED:
        return Cancelled("the query was cancelled")
    if code in _LIMITS:
        message, cure = _LIMITS[code]
        return LimitError(message, cure=cure)
    if code in _TEMPORARY or "No space left on device" in text:
        return EngineUnavailable(_TEMPORARY.get(code, "the disk is full"))
    return EngineError(_NOISE.sub("", text).strip())


@contextmanager
def engine_errors() -> Iterator[None]:
    """Nothing of the driver's leaves this block."""
    try:
        yield
    except ClickHouseError as error:
        raise classify(error) from error
