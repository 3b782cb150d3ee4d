"""What to do with a batch that may be in the store already, wholly or in part.

A batch is several parts, one for each partition, committed one after the other: what interrupts that
leaves some of them. So a batch that comes again is compared with what the store holds of it, partition
by partition, and there are four cases:

- Nothing is held: insert all.
- What is held is what the batch has there: insert the partitions that are missing, perhaps none.
- The same lines are held as the batch has, but in other partitions: it is complete. Somebody changed
  the retention classes, or another setting that decides where a line goes, since it was stored.
- Other lines are held, or in other places: it was stored, perhaps in part, and then such a setting or a
  custom parser was changed, so no partition can vouch for its lines. What is held is deleted, and the batch
  is inserted as it is now.

Whether lines are the same is told by how many there are and a hash of what they say, times left out: a
parser may have changed which lines there are, and two partitions with as many lines may have swapped them.

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
class Share:
    """What a batch has in one partition: lines, and the sum of their hashes, modulo 2^64."""

    rows: int
    digest: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """`leave_out` are partitions whose lines are in; `delete` says that they must go first instead."""

    leave_out: tuple[Partition, ...] = ()
    complete: bool = False
    delete: bool = False


def plan(
    held: Mapping[Partition, Share], staged: Mapping[Partition, Share], *, came: int, complete: bool
) -> Plan:
    """`held` and `staged` are shares by partition. `came` is how many lines the batch brought, before custom
    parsers dropped or joined some; `complete` says that no payload of the batch is missing."""
    fits = all(staged.get(partition) == share for partition, share in held.items())
    if fits or not complete:
        return Plan(tuple(held), complete=staged.keys() <= held.keys())
    if _whole(held) == _whole(staged):
        return Plan(complete=True)
    if _whole(held).rows > came:
        return Plan(tuple(held), complete=staged.keys() <= held.keys())
    return Plan(delete=True)


def _whole(shares: Mapping[Partition, Share]) -> Share:
    rows = sum(share.rows for share in shares.values())
    return Share(rows, sum(share.digest for share in shares.values()) % 2**64)
