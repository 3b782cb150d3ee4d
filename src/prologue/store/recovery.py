"""What to do with a batch that may be in the store already, wholly or in part.

A batch is several parts, one for each partition, committed one after the other: what interrupts that
leaves some of them. So a batch that comes again is compared with what the store holds of it, partition
by partition, and there are four cases:

- Nothing is held: insert all.
- What is held is what the batch has there: insert the partitions that are missing, perhaps none.
- As many lines are held as the batch has, but in other partitions: it is complete. Somebody changed
  the retention classes, or another setting that decides where a line goes, since it was stored.
- Fewer lines are held, and in places where the batch has none or more: it was cut off half way and then
  such a setting was changed, so no partition can vouch for its lines. What is held is deleted, and the
  batch is inserted as it is now.

Nothing is deleted for a batch that lost payloads to a damaged disk, or of which more is held than
came: the store may have what the buffer has no longer.

Next chapter: `writer.py`, which carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Partition = tuple[str, str]
"""A day as text, and a retention class."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`leave_out` are partitions whose lines are in; `delete` says that they must go first instead."""

    leave_out: tuple[Partition, ...] = ()
    complete: bool = False
    delete: bool = False


def plan(held: Mapping[Partition, int], staged: Mapping[Partition, int], *, complete: bool) -> Plan:
    """`held` and `staged` are lines by partition; `complete` says that no payload of the batch is missing."""
    fits = all(staged.get(partition) == rows for partition, rows in held.items())
    held_rows, staged_rows = sum(held.values()), sum(staged.values())
    if complete and not fits and held_rows == staged_rows:
        return Plan(complete=True)
    if complete and not fits and held_rows < staged_rows:
        return Plan(delete=True)
    return Plan(tuple(held), complete=staged.keys() <= held.keys())
