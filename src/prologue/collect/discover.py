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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from prologue.collect.catalog import CATALOG
from prologue.collect.chunks import Framing
from prologue.collect.cri import CRI, container_of
from prologue.collect.encoding import of_file
from prologue.collect.glob import Walker, compile_pattern
from prologue.collect.kind import Found, Kind
from prologue.collect.service import BY_SETTING, Described
from prologue.collect.settings import CollectSettings
from prologue.model.labels import SERVICE_NAME, with_service_name

if TYPE_CHECKING:
    from prologue.collect.kubernetes.pod import ContainerInfo, ExtraFiles
    from prologue.collect.kubernetes.pods import PodDirectory

POD_FILE = "pod_file"
"""The kind of a file in a pod's volume that an annotation names."""


@dataclass(frozen=True, slots=True)
class Scan:
    """`files`: path -> inode, in the order of the catalog. `folders` were looked into.

    `denied`: folders that may not be listed, and why.
    """

    files: dict[str, int]
    folders: set[str]
    denied: dict[str, str]


class Discovery:
    """Finds files; knows which paths would be found. Thread-safe: it holds nothing that changes.

    `pods`, where it is given, adds what the Kubernetes API knows of containers and their files.
    """

    def __init__(
        self, settings: CollectSettings, catalog: Sequence[Kind] = CATALOG, pods: PodDirectory | None = None
    ) -> None:
        self._settings = settings
        self._pods = pods
        self._root = str(settings.root).rstrip("/")
        self._kinds = tuple((kind, kind.patterns(settings)) for kind in catalog)
        self._excluded = _either([p for p in settings.exclude if not p.endswith("/**")])
        self._pruned = {kind.name: self._prune_pattern(kind) for kind in catalog}

    @property
    def version(self) -> int:
        """Grows when what `match` answers may be different from what it answered before."""
        return 0 if self._pods is None else self._pods.version

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
        walker = Walker(None)
        for extra in self._extra_files():
            for item in walker.walk(self._root, extra.pattern):
                files.setdefault(item.path, item.inode)
        folders |= walker.folders
        return Scan(files, folders, denied)

    def match(self, path: str) -> Found | None:
        """The file at `path` with its labels, if discovery would find it there."""
        if not path.startswith(self._root + "/") or self._is_excluded(path):
            return None
        host_path = path[len(self._root) :]
        for extra in self._extra_files():
            if compile_pattern(extra.pattern).fullmatch(host_path):
                return self._made(path, POD_FILE, Framing.PLAIN, extra.info.described, extra.info)
        for kind, patterns in self._kinds:
            pruned = self._pruned[kind.name]
            if pruned is not None and pruned.match(path):
                continue
            if any(compile_pattern(pattern).fullmatch(host_path) for pattern in patterns):
                return self._found(kind, path, host_path)
        return None

    def _found(self, kind: Kind, path: str, host_path: str) -> Found | None:
        described = kind.describe(host_path, Path(path), self._settings)
        if kind is not CRI or self._pods is None:
            return self._made(path, kind.name, kind.framing, described)
        uid, container = container_of(host_path)
        info = self._pods.container(uid, container)
        if info is None:
            found = self._made(path, kind.name, kind.framing, described)
            return found and replace(found, provisional=True)
        return self._made(path, kind.name, kind.framing, info.described, info)

    def _made(
        self, path: str, kind: str, framing: Framing, described: Described, info: ContainerInfo | None = None
    ) -> Found | None:
        """None where an annotation asks to leave the file alone."""
        if info is not None and info.skip:
            return None
        settings, host_path = self._settings, path[len(self._root) :]
        labels = {"filename": host_path, "host": settings.host, "source": kind, **described.labels}
        labels[SERVICE_NAME] = described.service
        rule, encoding = described.service_from, ""
        special = [i for i in settings.include if i.labels or i.encoding or i.multiline]
        matching = [i for i in special if compile_pattern(i.pattern).fullmatch(host_path)]
        if named := next((i.labels for i in matching if i.labels), None):
            labels |= named
            rule = BY_SETTING if SERVICE_NAME in named else rule
        if framing is Framing.PLAIN and (declared := next((i.encoding for i in matching if i.encoding), "")):
            encoding = of_file(path, declared)
        joined = next((i.multiline for i in matching if i.multiline), described.multiline)
        return Found(
            path,
            kind,
            framing,
            with_service_name(labels),
            rule,
            encoding=encoding,
            multiline=joined,
            problem=described.problem,
        )

    def _extra_files(self) -> tuple[ExtraFiles, ...]:
        return () if self._pods is None else self._pods.extra_files()

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
