"""What this machine has: every log file, found without configuration, and whose it is.

One scan walks the patterns of all kinds; the first kind that claims a file owns it, and one inode is
one file however many paths lead to it. Labels are worked out only for files that are new.

Every file gets `filename` (its path as the machine sees it), `host` and `source` (the kind), and a
`service_name`; a pattern's own labels win.

Next chapter: `prologue.collect.tracker`, which compares a scan with what is being read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prologue.collect.catalog import CATALOG
from prologue.collect.glob import Walker, compile_pattern
from prologue.collect.kind import Found, Kind
from prologue.collect.service import BY_SETTING
from prologue.collect.settings import CollectSettings
from prologue.model.labels import SERVICE_NAME, with_service_name


@dataclass(frozen=True, slots=True)
class Scan:
    """`files`: path -> inode, in the order of the catalog. `folders` were looked into.

    `denied`: folders that may not be listed, and why.
    """

    files: dict[str, int]
    folders: set[str]
    denied: dict[str, str]


class Discovery:
    """Finds files; knows which paths would be found. Thread-safe: it holds nothing that changes."""

    def __init__(self, settings: CollectSettings, catalog: Sequence[Kind] = CATALOG) -> None:
        self._settings = settings
        self._root = str(settings.root).rstrip("/")
        self._kinds = tuple((kind, kind.patterns(settings)) for kind in catalog)
        self._excluded = _either([p for p in settings.exclude if not p.endswith("/**")])
        self._pruned = {kind.name: self._prune_pattern(kind) for kind in catalog}

    def scan(self) -> Scan:
        files: dict[str, int] = {}
        folders: set[str] = set()
        denied: dict[str, str] = {}
        for kind, patterns in self._kinds:
            walker = Walker(self._pruned[kind.name])
            for pattern in patterns:
                for item in walker.walk(self._root, pattern):
                    if item.path not in files and not self._is_excluded(item.path):
                        files[item.path] = item.inode
            folders |= walker.folders
            denied |= walker.denied
        return Scan(files, folders, denied)

    def match(self, path: str) -> Found | None:
        """The file at `path` with its labels, if discovery would find it there."""
        if not path.startswith(self._root + "/") or self._is_excluded(path):
            return None
        host_path = path[len(self._root) :]
        for kind, patterns in self._kinds:
            pruned = self._pruned[kind.name]
            if pruned is not None and pruned.match(path):
                continue
            if any(compile_pattern(pattern).fullmatch(host_path) for pattern in patterns):
                return self._found(kind, path, host_path)
        return None

    def _found(self, kind: Kind, path: str, host_path: str) -> Found:
        settings = self._settings
        own = {"filename": host_path, "host": settings.host, "source": kind.name}
        described = kind.describe(host_path, Path(path), settings)
        labels = own | dict(described.labels)
        labels[SERVICE_NAME] = described.service
        rule = described.service_from
        for include in settings.include:
            if include.labels and compile_pattern(include.pattern).fullmatch(host_path):
                labels |= include.labels
                rule = BY_SETTING if SERVICE_NAME in include.labels else rule
                break
        return Found(path, kind.name, kind.framing, with_service_name(labels), rule)

    def _is_excluded(self, path: str) -> bool:
        return self._excluded is not None and bool(self._excluded.fullmatch(path[len(self._root) :]))

    def _prune_pattern(self, kind: Kind) -> re.Pattern[str] | None:
        """Folders not to enter: matches their path with a slash at the end, and all below."""
        root = re.escape(self._root)
        globs = [p.removesuffix("/**") for p in self._settings.exclude if p.endswith("/**")]
        folders = [root + compile_pattern(glob).pattern for glob in (*globs, *kind.avoid)]
        for folder in self._settings.exclude_folders:
            own = re.escape(str(folder.resolve()))
            folders += [own, root + own]
        return re.compile(f"(?:{'|'.join(folders)})/.*", re.DOTALL) if folders else None


def _either(patterns: list[str]) -> re.Pattern[str] | None:
    # "**/*.gz" means at any depth of an absolute path.
    rooted = [p if p.startswith("/") else "/" + p for p in patterns]
    return re.compile("|".join(compile_pattern(p).pattern for p in rooted), re.DOTALL) if rooted else None
