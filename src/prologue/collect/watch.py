"""Who wrote? The kernel tells us, so that thousands of quiet files cost nothing.

A file is watched *once* (IN_ONESHOT): its first write is reported, the watch ends, and the tailer
looks at the file itself every tick until it is quiet again, then arms the watch anew. So a file
written a thousand times a second causes ten looks a second and no events at all. Watches sit on the
open file (through /proc/self/fd), not on its path, so they follow it through renames and unlinking.
Folders are watched for files that come, go or change their name.

Where inotify is missing or its limits are reached, `arm` answers False and the tailer polls.

Next chapter: `prologue.collect.tailer`, the loop.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from inotify_simple import INotify, flags, parse_events

from prologue.collect.file import TailedFile

FILE_EVENTS = flags.MODIFY | flags.ATTRIB | flags.MOVE_SELF | flags.ONESHOT
FOLDER_EVENTS = flags.CREATE | flags.MOVED_FROM | flags.MOVED_TO | flags.DELETE | flags.ONLYDIR


@dataclass(slots=True)
class Events:
    """What happened since the last look. `overflow`: something was missed, look at everything."""

    files: list[TailedFile] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    new_folder: bool = False
    overflow: bool = False


class Watcher:
    """inotify, or nothing where it is switched off or not to be had. Not thread-safe."""

    def __init__(self, use_inotify: bool) -> None:
        self.problem = ""
        self._inotify: INotify | None = None
        self._files: dict[int, TailedFile] = {}
        self._folders: dict[int, str] = {}
        self._watched_folders: dict[str, int] = {}
        if use_inotify:
            try:
                self._inotify = INotify(nonblocking=True)
            except OSError as error:
                self.problem = f"inotify is not to be had ({error.strerror}); files are polled"

    @property
    def fd(self) -> int | None:
        """To wait on; None where there is nothing to wait for."""
        return None if self._inotify is None else int(self._inotify.fileno())

    def arm(self, file: TailedFile) -> bool:
        """Report the file's next change. False where that cannot be done."""
        wd = self._add(f"/proc/self/fd/{file.fd}", FILE_EVENTS)
        if wd is None:
            return False
        self._files[wd] = file
        return True

    def watch_folders(self, folders: set[str]) -> None:
        """Watch these folders and no others."""
        for gone in self._watched_folders.keys() - folders:
            wd = self._watched_folders.pop(gone)
            if self._folders.pop(wd, None) is not None:
                self._remove(wd)
        for folder in sorted(folders - self._watched_folders.keys()):
            added = self._add(folder or "/", FOLDER_EVENTS)
            if added is not None:
                self._folders[added] = folder
                self._watched_folders[folder] = added

    def read(self) -> Events:
        """Everything since the last call, without waiting."""
        events = Events()
        if self._inotify is None:
            return events
        try:
            data = os.read(self._inotify.fileno(), 65_536)
        except BlockingIOError:
            return events
        for event in parse_events(data):
            self._sort(event.wd, event.mask, event.name, events)
        return events

    def close(self) -> None:
        if self._inotify is not None:
            self._inotify.close()

    def _sort(self, wd: int, mask: int, name: str, events: Events) -> None:
        if mask & flags.Q_OVERFLOW:
            events.overflow = True
        elif (folder := self._folders.get(wd)) is not None:
            if mask & flags.IGNORED:  # the folder itself is gone
                del self._folders[wd]
                self._watched_folders.pop(folder, None)
            elif mask & flags.ISDIR:
                events.new_folder = True
            elif name:
                events.paths.append(f"{folder}/{name}")
        elif (file := self._files.pop(wd, None)) is not None:
            events.files.append(file)

    def _add(self, path: str, mask: int) -> int | None:
        if self._inotify is None:
            return None
        try:
            return int(self._inotify.add_watch(path, mask))
        except FileNotFoundError:
            return None
        except OSError as error:
            self.problem = (
                f"inotify cannot watch more ({error.strerror}); the rest is polled. "
                "Cure: raise fs.inotify.max_user_watches with sysctl"
            )
            return None

    def _remove(self, wd: int) -> None:
        assert self._inotify is not None
        try:
            self._inotify.rm_watch(wd)
        except OSError:
            return  # EINVAL: the kernel removed it first, with the folder
