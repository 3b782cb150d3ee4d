"""One value as found: which setting, what text, and where, so that an error can say where.

Next chapter: `prologue.config.load`, which merges the entries of every source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prologue.config.schema import Key
from prologue.config.values import Raw

SourceKind = Literal["default", "file", "env", "flag"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from. `place` reads on its own: "prologue.yaml:3:11", "PROLOGUE_DATA_DIR"."""

    kind: SourceKind
    place: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.place}".rstrip()


@dataclass(frozen=True, slots=True)
class Entry:
    """The text found for one key."""

    key: Key
    raw: Raw
    origin: Origin
