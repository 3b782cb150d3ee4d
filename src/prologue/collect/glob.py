"""Globs over a live file system, cheap enough to repeat every few seconds.

Python's own `glob` neither prunes folders nor tells which folders it looked into (we watch those),
and stats what the directory entry already says. One `Walker` is one look: it lists each folder once
however many patterns pass through it.

`*`, `?` and `[..]` match within a name, `**` any number of folders. Links to folders are followed
where a pattern names that level, never under `**`, which could walk in circles.

Next chapter: `prologue.collect.discover`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_MAGIC = re.compile(r"[*?\[]")


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A regular expression for whole paths.

    >>> bool(compile_pattern("/a/**/*.log").fullmatch("/a/b/c/x.log")), \\
    ...     bool(compile_pattern("/a/*.log").fullmatch("/a/b/x.log"))
    (True, False)
    """
    parts = pattern.split("/")
    last = len(parts) - 1
    text = ""
    for index, part in enumerate(parts):
        if part == "**":
            text += ".*" if index == last else "(?:[^/]+/)*"
        else:
            text += _component(part) + ("/" if index != last else "")
    return re.compile(text, re.DOTALL)


_TOKEN = re.compile(r"\*+|\?|\[!?\]?[^\]/]*\]|.", re.DOTALL)


def _component(part: str) -> str:
    return _TOKEN.sub(lambda match: _translate(match[0]), part)


def _translate(piece: str) -> str:
    if piece[0] == "*":
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if piece[0] == "[" and len(piece) > 1:
        inner = piece[1:-1].replace("\\", "\\\\")
        return f"[^/{inner[1:]}]" if inner[0] == "!" else f"[{inner}]"
    return re.escape(piece)


@dataclass(frozen=True, slots=True)
class Item:
    """A directory entry that is no folder. `inode` is that of a link's target."""

    path: str
    inode: int


@dataclass(frozen=True, slots=True)
class _Listing:
    files: dict[str, os.DirEntry[str]]
    folders: dict[str, bool]  # name -> whether it is a link


class Walker:
    """One look at the file system. `folders` are those it looked into, `denied` those it could not."""

    def __init__(self, pruned: re.Pattern[str] | None) -> None:
        self._pruned = pruned
        self._listings: dict[str, _Listing] = {}
        self.denied: dict[str, str] = {}

    @property
    def folders(self) -> set[str]:
        return set(self._listings)

    def walk(self, root: str, pattern: str) -> Iterator[Item]:
        """Every file under `root` that an absolute pattern matches."""
        parts = pattern.strip("/").split("/")
        fixed = 0
        while fixed < len(parts) - 1 and not _MAGIC.search(parts[fixed]):
            fixed += 1
        start = "/".join([root.rstrip("/"), *parts[:fixed]])
        yield from self._descend(start, tuple(parts[fixed:]))

    def _descend(self, folder: str, parts: tuple[str, ...]) -> Iterator[Item]:
        part, rest = parts[0], parts[1:]
        listing = self._list(folder)
        if part == "**":
            yield from self._descend(folder, rest or ("*",))
            for name, is_link in listing.folders.items():
                if not is_link:
                    yield from self._descend(f"{folder}/{name}", parts)
            return
        names = listing.folders if rest else listing.files
        chosen = [part] if not _MAGIC.search(part) else list(filter(compile_pattern(part).fullmatch, names))
        for name in chosen:
            if name not in names:
                continue
            if rest:
                yield from self._descend(f"{folder}/{name}", rest)
            elif (item := _item(listing.files[name], f"{folder}/{name}")) is not None:
                yield item

    def _list(self, folder: str) -> _Listing:
        known = self._listings.get(folder)
        if known is None:
            known = self._scan(folder)
        return known

    def _scan(self, folder: str) -> _Listing:
        listing = _Listing({}, {})
        if self._pruned is not None and self._pruned.fullmatch(folder + "/"):
            return listing
        try:
            with os.scandir(folder or "/") as entries:
                for entry in entries:
                    if _is_folder(entry):
                        listing.folders[entry.name] = entry.is_symlink()
                    else:
                        listing.files[entry.name] = entry
        except PermissionError as error:
            self.denied[folder] = error.strerror or str(error)
        except OSError:
            return listing  # not there, or gone while we looked: the next look sees
        self._listings[folder] = listing
        return listing


def _item(entry: os.DirEntry[str], path: str) -> Item | None:
    try:
        return Item(path, Path(path).stat().st_ino if entry.is_symlink() else entry.inode())
    except OSError:
        return None  # a link that leads nowhere


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link into a place we may not see: opening it will say why
