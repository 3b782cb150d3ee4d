"""Retention by age: whole daily partitions are dropped, never rows.

A partition is a UTC day and a retention class. It is dropped when its youngest possible line is
older than the class allows, so a line lives at least its retention and at most a day longer.
"""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from prologue.store.engine import Engine


@dataclass(frozen=True, slots=True)
class Partition:
    """One day of one retention class, by its engine id."""

    id: str
    day: dt.date
    retention: str
    rows: int
    bytes: int


def partitions(engine: Engine) -> tuple[Partition, ...]:
    """The partitions of `logs`, oldest first."""
    table = engine.arrow(
        "SELECT partition_id AS id, any(partition) AS value, sum(rows) AS rows, sum(bytes_on_disk) AS bytes "
        "FROM system.parts WHERE database = currentDatabase() AND table = 'logs' AND active GROUP BY id"
    )
    found = []
    for row in table.to_pylist():
        day, retention = ast.literal_eval(row["value"])  # the engine writes it as a tuple of quoted strings
        found.append(Partition(row["id"], dt.date.fromisoformat(day), retention, row["rows"], row["bytes"]))
    return tuple(sorted(found, key=lambda partition: (partition.day, partition.retention)))


def expired(found: tuple[Partition, ...], days: Mapping[str, int], today: dt.date) -> tuple[Partition, ...]:
    """The partitions whose every line is older than their class allows.

    `days` maps class to days; a class that is not in it keeps its data, because deleting on a
    configuration mistake cannot be undone.
    """
    return tuple(
        partition
        for partition in found
        if partition.retention in days and (today - partition.day).days > days[partition.retention]
    )


def enforce(engine: Engine, days: Mapping[str, int], today: dt.date) -> tuple[Partition, ...]:
    """Drop what is expired, streams included; the partitions dropped. `today` is the UTC date."""
    dropped = expired(partitions(engine), days, today)
    for partition in dropped:
        engine.command("ALTER TABLE logs DROP PARTITION ID {id:String}", {"id": partition.id})
    if dropped:
        oldest = today - dt.timedelta(days=max(days.values()))
        held = sorted({partition.day.isoformat() for partition in partitions(engine)})
        engine.command(
            "ALTER TABLE streams DELETE WHERE day < {day:Date} "
            "AND NOT has({held:Array(String)}, toString(day))",
            {"day": oldest, "held": held},
        )
    return dropped
