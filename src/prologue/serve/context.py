"""What the HTTP routes use of the running process. Built by `prologue.app`, frozen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prologue.config.settings import Settings
from prologue.pipeline.control import ParserControl
from prologue.pipeline.progress import Progress
from prologue.receive.intake import Intake
from prologue.store.deletions import Deletions
from prologue.store.reader import Reader
from prologue.store.reruns import Reruns


@dataclass(frozen=True, slots=True)
class Context:
    """`describe` answers the parts of the status page that only the app knows, as JSON-ready data."""

    settings: Settings
    intake: Intake
    reader: Reader
    progress: Progress
    deletions: Deletions
    parsers: ParserControl
    reruns: Reruns
    describe: Callable[[], dict[str, Any]]
    ready: Callable[[], str | None]
    """None when ready, else what is missing."""
