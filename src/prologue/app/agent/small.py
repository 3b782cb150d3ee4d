"""A small process stays small: freed memory goes back to the system.

glibc keeps an arena for every thread and raises, as it goes, the size from which it takes memory from the
system directly, so a few batches of a mebibyte leave tens of megabytes behind that nobody uses. Both have
a switch. Other C libraries have neither habit nor switch.

Source: mallopt(3).

Next chapter: `prologue.app.agent.run`.
"""

from __future__ import annotations

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
ARENAS = 2
FROM_THE_SYSTEM = 128 * 1024


def keep_memory_small() -> bool:
    """Whether the C library could be told."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    told = (M_ARENA_MAX, ARENAS), (M_MMAP_THRESHOLD, FROM_THE_SYSTEM), (M_TRIM_THRESHOLD, FROM_THE_SYSTEM)
    answers = [mallopt(switch, value) for switch, value in told]
    return all(answer == 1 for answer in answers)
