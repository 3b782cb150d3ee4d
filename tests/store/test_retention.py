from __future__ import annotations

import datetime as dt

import pytest

from prologue.store.retention import Partition, enforce, expired, partitions

TODAY = dt.date(2026, 11, 27)


def partition(day: str, retention: str = "default") -> Partition:
    return Partition("id", dt.date.fromisoformat(day), retention, 1, 1)


@pytest.mark.parametrize(
    ("day", "retention", "days", "gone"),
    [
        ("2026-11-24", "default", {"default": 3}, False),
        ("2026-11-23", "default", {"default": 3}, True),
        ("2026-11-28", "default", {"default": 1}, False),
        ("2020-01-01", "default", {}, False),
        ("2020-01-01", "audit", {"default": 3}, False),
        ("2026-11-20", "audit", {"default": 3, "audit": 365}, False),
    ],
)
def test_expired(day, retention, days, gone):
    assert bool(expired((partition(day, retention),), days, TODAY)) is gone


def test_enforce_drops_whole_days_and_their_streams(migrated):
    migrated.command(
        "INSERT INTO logs (tenant, timestamp, stream, batch, body, retention) SELECT 'default', "
        "toDateTime64('2026-11-20', 9, 'UTC') + number * 86400, number, 1, 'x', if(number = 0, 'au''dit', "
        "'default') FROM numbers(8)"
    )
    migrated.command(
        "INSERT INTO streams (tenant, day, stream, labels) "
        "SELECT tenant, toDate(timestamp), stream, map('a', 'b') FROM logs"
    )
    dropped = enforce(migrated, {"default": 3}, TODAY)
    assert [str(found.day) for found in dropped] == ["2026-11-21", "2026-11-22", "2026-11-23"]
    assert [(str(p.day), p.retention) for p in partitions(migrated)] == [
        ("2026-11-20", "au'dit"),
        ("2026-11-24", "default"),
        ("2026-11-25", "default"),
        ("2026-11-26", "default"),
        ("2026-11-27", "default"),
    ]
    days = migrated.arrow("SELECT toString(day) AS day FROM streams ORDER BY day")["day"].to_pylist()
    assert days == ["2026-11-20", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"]
