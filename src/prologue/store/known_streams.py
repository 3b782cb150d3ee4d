"""Which streams of which days a writer has already named, so that a batch of known ones costs one look.

A sorted array of 64-bit keys instead of a set: eight bytes a stream, and no step of Python for each,
because a stream may be as short-lived as a request. To forget costs a repeated row that merges away;
so what is over the limit is forgotten all at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]

_MOST = 4_000_000
# An odd number spreads days over all bits (Knuth's multiplicative hashing, 2^64 / golden ratio).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class KnownStreams:
    """Use from one thread at a time."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._sorted: Keys = np.empty(0, np.uint64)

    @staticmethod
    def keys(streams: Keys, days: Keys) -> Keys:
        """A key for each pair; a stream's id already stands for its tenant and labels."""
        keys: Keys = streams ^ (days * _SPREAD)
        return keys

    def missing(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """For each key, whether it is not known."""
        if not len(self._sorted):
            return np.ones(len(keys), np.bool_)
        places = np.searchsorted(self._sorted, keys).clip(max=len(self._sorted) - 1)
        absent: npt.NDArray[np.bool_] = self._sorted[places] != keys
        return absent

    def add(self, keys: Keys) -> None:
        held = self._sorted if len(self._sorted) + len(keys) <= self._most else keys[:0]
        self._sorted = np.union1d(held, keys)
