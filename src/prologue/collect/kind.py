"""What a kind of log file is: where such files are, how records lie in them, whose they are.

Next chapter: `prologue.collect.catalog`, the list of kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from prologue.collect.chunks import Framing
from prologue.collect.service import Described
from prologue.collect.settings import CollectSettings
from prologue.model.labels import SERVICE_NAME
from prologue.model.multiline import Rule


@dataclass(frozen=True, slots=True)
class Found:
    """A file to tail. `path` is where we open it, `labels` are the stream labels of all its lines."""

    path: str
    kind: str
    framing: Framing
    labels: Mapping[str, str]
    # The rule by which `labels` came to their service.
    service_from: str = ""
    # More will be known soon: the first line may wait for it.
    provisional: bool = False
    # Of its text, where that is not UTF-8.
    encoding: str = ""
    # Which of its lines belong together.
    multiline: Rule | None = None
    # What it asks for and cannot have, with the cure.
    problem: str = ""

    @property
    def service(self) -> str:
        return self.labels.get(SERVICE_NAME, "")


@dataclass(frozen=True, slots=True)
class Kind:
    """Duties: `patterns` answers absolute globs as the machine sees them (without the root).

    `describe(host_path, path, settings)` derives labels and the service from the machine's path and
    from what lies beside `path`; it raises nothing: what it cannot learn it leaves out. `host`,
    `filename` and `source` are added by discovery, and what a setting says wins.
    """

    name: str
    framing: Framing
    patterns: Callable[[CollectSettings], tuple[str, ...]]
    describe: Callable[[str, Path, CollectSettings], Described]
    # Folders this kind keeps out of, because they are another kind's.
    avoid: tuple[str, ...] = ()
