"""Times and durations as a Python program has them, in the form the API takes.

Next chapter: `prologue.client.http`.
"""

from __future__ import annotations

import datetime as dt

from prologue.model.errors import UserError

Moment = int | str | dt.datetime
"""Unix ns, anything the API reads (RFC 3339), or a datetime with a time zone."""
Duration = float | str | dt.timedelta
"""Seconds, text such as `15m`, or a timedelta."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def moment(value: Moment | None, name: str) -> str | None:
    """A time as the API takes it. Raises UserError for a datetime without a time zone.

    >>> moment(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "start")
    '1767225600000000000'
    """
    if not isinstance(value, dt.datetime):
        return None if value is None else str(value)
    if value.tzinfo is None:
        raise UserError(
            f"{name} has no time zone", cure=f"write datetime(..., tzinfo=UTC), or {name}.astimezone()"
        )
    since = value - _EPOCH
    return str((since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000)


def duration(value: Duration | None) -> str | None:
    """A duration as the API takes it.

    >>> duration(dt.timedelta(minutes=1, milliseconds=500)), duration("5m"), duration(30)
    ('60.5', '5m', '30')
    """
    if isinstance(value, dt.timedelta):
        value = value.total_seconds()
    return None if value is None else str(value)
