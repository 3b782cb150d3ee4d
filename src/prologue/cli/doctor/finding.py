"""What a check found, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prologue.config.settings import Settings

Verdict = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` names what was looked at, `detail` what was seen; `cure` is empty only when all is well."""

    check: str
    verdict: Verdict
    detail: str
    cure: str = ""

    def __post_init__(self) -> None:
        if self.verdict != "ok" and not self.cure:
            raise ValueError(f"{self.check}: a finding that is not ok must say how to mend it")


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined. `proc` is the kernel's file system; `clock` answers Unix seconds."""

    settings: Settings
    clock: Callable[[], float]
    proc: Path = Path("/proc")

    def data_parent(self) -> Path:
        """The data folder, or the nearest folder above it that exists."""
        folder = self.settings.data_dir.absolute()
        while not folder.exists():
            folder = folder.parent
        return folder


Check = Callable[[Patient], list[Finding]]
"""Duties: looks, changes nothing that it does not undo, answers at least one finding, never raises for
what it finds."""
