"""An oracle that hands out lines and remembers which were acknowledged, and judges what is stored.

An acknowledgement makes delivery an obligation: stored exactly once, as it was sent. What was sent and
not acknowledged (the server died first) may be stored once or not at all, never twice. Nothing else may
be stored. The one excuse there is: bytes that a fault destroyed on the disk, if the server said so.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter
from dataclasses import dataclass, field

ID = re.compile(rb"e\d{4}-\d{7}")
_WORDS = ("disk", "naïve", "日志", '"quoted"', "back\\slash", "a=b", "{}", "tab\there", "%s", "\x1b[31m", "-")


def line_of(found: str) -> str:
    """The one line that goes with an id, so that a changed payload shows."""
    digest = hashlib.sha256(found.encode()).digest()
    words = " ".join(_WORDS[byte % len(_WORDS)] for byte in digest[: 1 + digest[0] % 24])
    return f"{found} {words} {digest.hex()[:8]}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one epoch's lines."""

    acknowledged: int = 0
    unacknowledged: int = 0
    lost: int = 0
    repeated: int = 0
    invented: int = 0
    changed: int = 0
    destroyed: int = 0

    @property
    def broken(self) -> int:
        return self.lost + self.repeated + self.invented + self.changed

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass
class Oracle:
    """Thread-safe bookkeeping of one epoch: the time around one fault."""

    epoch: int
    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    destroyed: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def prefix(self) -> str:
        return f"e{self.epoch:04d}-"

    def take(self, count: int) -> list[str]:
        with self._lock:
            ids = [f"{self.prefix}{len(self.sent) + place:07d}" for place in range(count)]
            self.sent.update(ids)
            return ids

    def acknowledge(self, ids: list[str]) -> None:
        with self._lock:
            self.acknowledged.update(ids)

    def missing(self, stored: Counter[str]) -> set[str]:
        """Acknowledged, not stored and not destroyed."""
        found = {line[:13] for line in stored}
        with self._lock:
            return self.acknowledged - found - self.destroyed

    def judge(self, stored: Counter[str]) -> Verdict:
        """The verdict over the lines of this epoch in the store."""
        known = {line[:13] for line in stored}
        return Verdict(
            acknowledged=len(self.acknowledged),
            unacknowledged=len(self.sent - self.acknowledged),
            lost=len(self.missing(stored)),
            repeated=sum(1 for times in stored.values() if times > 1),
            invented=len(known - self.sent),
            changed=sum(1 for line in stored if line[:13] in self.sent and line != line_of(line[:13])),
            destroyed=len((self.acknowledged & self.destroyed) - known),
        )
