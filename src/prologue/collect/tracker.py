"""Which files are being read, and what becomes of them as paths change under our feet.

`sync(path)` is the heart: it compares what a path leads to now with what it led to before, and
covers creation, rename-and-create, symlink swaps, deletion, and files that vanish between being
listed and being opened. `replaced(file)` answers a truncation with a new incarnation. The tracker
decides and keeps the books; it neither waits nor sends.

Next chapters: `prologue.collect.copies`, for rotation by copying, and `prologue.collect.compressed`.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from dataclasses import replace
from pathlib import Path

from prologue.collect import copies
from prologue.collect.checkpoint import Checkpoint, FileEntry
from prologue.collect.compressed import Archives, Wanted
from prologue.collect.context import Context
from prologue.collect.cri import CRI
from prologue.collect.discover import POD_FILE, Discovery, Scan
from prologue.collect.encoding import is_wide
from prologue.collect.file import UNREGISTERED, Start, TailedFile
from prologue.collect.identity import HEAD_BYTES, FileKey, is_same_content, key_of, new_source, open_regular
from prologue.collect.kind import Found

COPY_GRACE_S = 30.0
CATCH_UP_LOOKS = 100
# A folder that is renamed in while it is listed may hide a file; the next rotation finds it.
CATCH_UP_SLACK_NS = 60_000_000_000
# How much older than our last look a file may seem that was written after it: a file system's clock ticks.
CLOCK_TICK_NS = 1_000_000_000


class Tracker:
    """The files by identity and by path. Not thread-safe; the tailer's thread owns it."""

    def __init__(self, context: Context, discovery: Discovery, checkpoint: Checkpoint, folder: Path) -> None:
        self._settings = context.settings
        self._discovery = discovery
        self._durable = context.sink.durable_position
        self._clock = context.clock
        self._monotonic = context.monotonic
        self._first_start = checkpoint.fresh
        self._remembered: dict[FileKey, FileEntry] = {entry.key: entry for entry in checkpoint.files}
        self._by_place = {(entry.inode, entry.path): entry.key for entry in checkpoint.files}
        self._inodes: dict[str, int] = {}  # what the folder said about a path when it was last synced
        self.files: dict[FileKey, TailedFile] = {}
        self.by_path: dict[str, TailedFile] = {}
        # When all was looked at last, in Unix ns: what was created and rotated away since was not seen.
        self._looked = max((entry.seen_ns for entry in checkpoint.files), default=0)
        self._left: dict[str, TailedFile] = {}  # the file a path led to last, while it leads nowhere
        self._since: dict[str, int] = {}  # when the file was last written that a path led to first
        self._families: dict[tuple[str, str], set[str]] = {}  # (folder, stem) -> paths being read
        self.blocked: dict[str, str] = {}  # path -> why it cannot be read, with the cure
        # Rotation copies of files that are read already, and when each was first taken for one.
        self.copies: dict[str, float] = {}
        self.fresh: list[TailedFile] = []  # new incarnations, for the tailer to register
        self.resets = 0
        self.lost_bytes = 0
        self.losses: deque[str] = deque(maxlen=20)
        self._archives = Archives(folder, self._tell)
        self.split_lines = 0

    def apply(self, scan: Scan) -> None:
        """Compare everything with a scan of the machine."""
        began = self._clock()
        for path, inode in scan.files.items():
            if self._inodes.get(path) != inode or path not in self.by_path:
                self.sync(path)
                self._inodes[path] = inode
        for path in self.by_path.keys() - scan.files.keys():
            self.sync(path)
        for path in self._inodes.keys() - scan.files.keys():
            del self._inodes[path]
            self.blocked.pop(path, None)
            self.copies.pop(path, None)
        self._left = {path: file for path, file in self._left.items() if not file.closed}
        current = self.by_path.keys() | self._left.keys()
        self._since = {path: since for path, since in self._since.items() if path in current}
        self.blocked.update({folder: _cure(folder, why) for folder, why in scan.denied.items()})
        self._looked = began

    def after_first_scan(self) -> None:
        """Files that were renamed while nobody watched are found by their inode and read to the end."""
        listed: dict[str, dict[int, str]] = {}
        unseen: list[tuple[Found, FileEntry]] = []
        for entry in list(self._remembered.values()):
            found = self._discovery.match(entry.path)
            if self._remembered.get(entry.key) is not entry or found is None or entry.path in self.blocked:
                continue
            folder = copies.family(entry.path)[0]
            if folder not in listed:
                listed[folder] = copies.inodes_of(folder)
            path = listed[folder].get(entry.inode)
            if entry.mtime_ns:
                unseen.append((found, entry))
            fd = None if path is None else _open_or_none(path)
            if fd is None or not self._resume_renamed(entry, found, fd):
                self._rescue(entry, found)
                if entry.key in self._remembered:  # it may come back, with a volume that is mounted late
                    self._remembered[entry.key] = replace(entry, size=entry.offset)
        # Not before every remembered file has its copy: what is nobody's then was never seen.
        for found, entry in unseen:
            self._catch_up(found, entry.device, entry.mtime_ns)
        self._first_start = False

    def sync(self, path: str) -> None:
        """Make what we know of `path` true again."""
        found = self._discovery.match(path)
        if found is None:
            return
        try:
            self._sync(path, found)
        except OSError as error:
            self._unopened(path, error)

    def _sync(self, path: str, found: Found) -> None:
        fd = open_regular(path)
        self.blocked.pop(path, None)
        before = self.by_path.get(path)
        key = key_of(fd)
        known = self.files.get(key)
        if known is not None:
            os.close(fd)
            self.copies.pop(path, None)
            self._seen(path, found, known, before)
            return
        if self._is_copy(path, fd):
            os.close(fd)
            self.copies.setdefault(path, self._monotonic())
            return
        self.copies.pop(path, None)
        if before is not None:
            self._detach(path, before)
        unknown = path not in self._since and not self._first_start
        file = self._begin(fd, key, found)
        before = self._left.pop(path, None)
        if before is not None:
            file.after = None if before.closed else before
            since = max(self._since.get(path, before.mtime_ns), before.mtime_ns - CATCH_UP_SLACK_NS)
            self._catch_up(found, before.key[0], since)
        elif unknown and self._looked:
            self._catch_up(found, key[0], self._looked - CLOCK_TICK_NS)

    def replaced(self, file: TailedFile) -> None:
        """The content we knew is gone: find its copy, and begin the file anew."""
        self.resets += 1
        copy = copies.find(file.path, lambda fd: key_of(fd) not in self.files and file.is_held_by(fd))
        written = file.mtime_ns
        if copy is not None:  # the same source goes on in the copy, where we stood in the original
            written = os.fstat(copy).st_mtime_ns
            self._rotated(copy, file.found, Start(file.source, file.offset, file.generation))
        elif self._replaced_by_archive(file):
            pass
        elif file.size > file.offset:
            file.lost += file.size - file.offset
            self._note_lost(file.path, file.size - file.offset)
        self._catch_up(file.found, file.key[0], written)
        file.source = new_source(file.key)
        file.generation += 1
        file.begin(0)
        file.last_growth = self._monotonic()
        self.renew(file)

    def renew(self, file: TailedFile) -> None:
        """Nothing of the file is sent before the checkpoint has what we know of it now."""
        file.version = UNREGISTERED
        self.fresh.append(file)

    def refresh(self) -> bool:
        """Ask again whose the containers' files are, and leave those alone that are to be skipped now.

        False where a file has something on its way, so that it has to be let go later.
        """
        done = True
        for file in list(self.files.values()):
            if file.found.kind not in (CRI.name, POD_FILE):
                continue
            found = self._discovery.match(file.path)
            if found is not None:
                file.found = found
            elif file.pending is None:
                self.close(file)
            else:
                done = False
        return done

    def close(self, file: TailedFile) -> None:
        """Done with the file: forget a deleted one, remember a renamed one."""
        self.files.pop(file.key, None)
        if self.by_path.get(file.path) is file:
            self._unlink(file.path)
        self._remembered.pop(file.key, None)
        if not file.deleted:
            self._remembered[file.key] = file.entry(self._clock())
        self.lost_bytes += file.lost
        self.split_lines += file.split_lines
        file.close()

    def entries(self) -> dict[str, FileEntry]:
        """All that a restart must know, by source."""
        now = self._clock()
        oldest = now - int(self._settings.forget_after_s * 1e9)
        for key, entry in list(self._remembered.items()):
            if key in self.files or entry.seen_ns < oldest:
                del self._remembered[key]
        entries = {entry.source: entry for entry in self._remembered.values()}
        entries.update({file.source: file.entry(now) for file in self.files.values()})
        return entries

    def _unopened(self, path: str, error: OSError) -> None:
        before = self.by_path.get(path)
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENXIO):
            self.blocked.pop(path, None)
            if before is not None:
                self._detach(path, before)
            return
        self.blocked[path] = _cure(path, error.strerror or str(error), error.errno)

    def _detach(self, path: str, file: TailedFile) -> None:
        """The path leads elsewhere now: what is left of the file is read from its descriptor."""
        if self.by_path.get(path) is file:
            self._unlink(path)
            self._left[path] = file
        file.rotated = True
        file.drained = False  # what was written just before counts too, before the next file begins

    def _link(self, path: str, file: TailedFile) -> None:
        self.by_path[path] = file
        self._families.setdefault(copies.family(path), set()).add(path)

    def _unlink(self, path: str) -> None:
        del self.by_path[path]
        family = copies.family(path)
        self._families[family].discard(path)
        if not self._families[family]:
            del self._families[family]

    def _seen(self, path: str, found: Found, file: TailedFile, before: TailedFile | None) -> None:
        if before is not None and before is not file:
            self._detach(path, before)
        if self.by_path.get(file.path) is file and (path == file.path or _leads_to(file.path, file.key)):
            return
        if self.by_path.get(file.path) is file:
            self._unlink(file.path)
        self._link(path, file)
        file.found = found if found.kind != file.found.kind else _renamed(file.found, path)
        file.rotated = False

    def _begin(self, fd: int, key: FileKey, found: Found) -> TailedFile:
        now = self._monotonic()
        entry = self._remembered.pop(key, None) or self._moved_device(key, found.path)
        start = None if entry is None else self._resume(fd, entry)
        if entry is not None and start is None:
            self._rescue(entry, found)
        if start is None:
            start = self._start(fd, found, 0 if entry is None else entry.generation + 1)
        file = TailedFile(fd, key, found, start, now)
        self.files[key] = file
        self._link(found.path, file)
        self._since.setdefault(found.path, file.mtime_ns)
        self.fresh.append(file)
        return file

    def _start(self, fd: int, found: Found, generation: int) -> Start:
        """Where to begin a file never seen. Only the very first start leaves anything out."""
        offset = 0
        if self._first_start:
            status, settings = os.fstat(fd), self._settings
            age = self._clock() / 1e9 - status.st_mtime
            if settings.initial_max_age_s is not None and age > settings.initial_max_age_s:
                offset = status.st_size
            elif status.st_size > settings.initial_max_bytes and not is_wide(found.encoding):
                offset = _line_start(fd, status.st_size - settings.initial_max_bytes)
        return Start(new_source(key_of(fd)), offset, generation, skipped=offset)

    def _resume(self, fd: int, entry: FileEntry) -> Start | None:
        """Where to go on with a remembered file; None where it is another file by now."""
        offset = max(entry.offset, self._durable(entry.source))
        if offset > os.fstat(fd).st_size or not _is_file_of(entry, fd):
            return None
        return Start(entry.source, offset, entry.generation)

    def _rescue(self, entry: FileEntry, found: Found) -> None:
        """A remembered file was truncated or replaced while nobody watched: its copy has the rest."""
        self.resets += 1
        found = self._discovery.match(entry.path) or found  # its inode may be a file's of another name now
        copy = copies.find(entry.path, lambda fd: entry.head.length > 0 and _is_file_of(entry, fd))
        read_on = copy is not None and self._resume_renamed(entry, found, copy)
        if not read_on and not self._resume_unpacked(entry, found):
            lost = max(0, entry.size - max(entry.offset, self._durable(entry.source)))
            self.lost_bytes += lost
            self._note_lost(entry.path, lost)

    def _resume_unpacked(self, entry: FileEntry, found: Found) -> bool:
        """Read the rest of a remembered file from the archive that it is in by now."""
        wanted = Wanted(entry.path, entry.offset, entry.size, entry.head, entry.mtime_ns)
        rest = self._archives.find(wanted, lambda fd: _is_file_of(entry, fd))
        if rest is None or not self._resume_renamed(entry, found, rest.fd):
            return False
        self.lost_bytes += rest.lost
        return True

    def _replaced_by_archive(self, file: TailedFile) -> bool:
        """Whether the copy of a file just truncated is compressed already, and is read there."""
        since = file.mtime_ns - CATCH_UP_SLACK_NS
        rest = self._archives.find(
            Wanted(file.path, file.offset, file.offset, file.head, since), file.is_held_by
        )
        if rest is not None:
            self._rotated(rest.fd, file.found, Start(file.source, file.offset, file.generation))
        return rest is not None

    def _moved_device(self, key: FileKey, path: str) -> FileEntry | None:
        """Device numbers may change with a reboot: the same path and inode will do to try."""
        known = self._by_place.get((key[1], path))
        return None if known is None else self._remembered.pop(known, None)

    def _resume_renamed(self, entry: FileEntry, found: Found, fd: int) -> bool:
        """Read the rest of a remembered file; False, and `fd` closed, where that is not it."""
        start = self._resume(fd, entry)
        if key_of(fd) in self.files or start is None:
            os.close(fd)
            return False
        self._remembered.pop(entry.key, None)
        self._rotated(fd, found, start)
        return True

    def _rotated(self, fd: int, found: Found, start: Start) -> None:
        """Read a file that no path of interest leads to any more."""
        key = key_of(fd)
        entry = self._remembered.pop(key, None)
        displaced = entry is not None and not _is_file_of(entry, fd)
        file = self.files[key] = TailedFile(fd, key, found, start, self._monotonic())
        file.rotated = True
        self.fresh.append(file)
        if entry is not None and displaced:  # its inode is another file's by now
            self._rescue(entry, found)

    def _catch_up(self, found: Found, device: int, since_ns: int) -> None:
        """Files that were created under the path and rotated away before we saw them there.

        Rotation renames them all while we look, so look until two looks agree and every path still
        leads to the file it was listed with.
        """
        before: list[tuple[int, str]] | None = None
        for _ in range(CATCH_UP_LOOKS):
            listed = copies.newer_rotations(found.path, since_ns)
            caught = [self._catch(found, (device, inode), path) for inode, path in listed]
            if all(caught) and listed == before:
                return
            before = listed

    def _catch(self, found: Found, listed: FileKey, path: str) -> bool:
        """Read one such file; False where the path does not lead to it any more."""
        if listed in self.files:
            return True
        try:
            fd = open_regular(path)
        except OSError as error:
            return error.errno != errno.ENOENT
        key = key_of(fd)
        known = key in self.files or self._remembers(key, fd)
        if key[1] != listed[1] or known or self._is_copy(path, fd):
            os.close(fd)
            return key[1] == listed[1]
        self._rotated(fd, found, Start(new_source(key), 0))
        return True

    def _remembers(self, key: FileKey, fd: int) -> bool:
        """Whether an open file was read before. An inode that is used again has another content."""
        entry = self._remembered.get(key)
        return entry is not None and _is_file_of(entry, fd)

    def _is_copy(self, path: str, fd: int) -> bool:
        """Whether a new file is a rotation's copy of one that is read already."""
        if self._remembers(key_of(fd), fd):
            return False
        family = self._families.get(copies.family(path), ())
        if not any(copies.is_copy(path, fd, self.by_path[original]) for original in family):
            return False
        # Short files may be equal by chance: such a copy has to be confirmed by a truncation soon.
        since = self._monotonic() - self.copies.get(path, self._monotonic())
        return os.fstat(fd).st_size >= HEAD_BYTES or since < COPY_GRACE_S

    def _note_lost(self, path: str, lost: int) -> None:
        """Say what cannot be had any more, because nothing is lost in silence."""
        if lost:
            self.losses.append(
                f"{lost} bytes of {path} were truncated or removed before they could be read; "
                "rotate by renaming rather than copytruncate, and compress with delaycompress"
            )

    def _tell(self, problem: str) -> None:
        """Once, however often a file is looked for."""
        if problem not in self.losses:
            self.losses.append(problem)


def _renamed(found: Found, path: str) -> Found:
    """The same file under another path of interest. Its labels stay: a rotation starts no new stream."""
    return Found(path, found.kind, found.framing, found.labels)


def _open_or_none(path: str) -> int | None:
    try:
        return open_regular(path)
    except OSError:
        return None  # gone between listing and opening


def _is_file_of(entry: FileEntry, fd: int) -> bool:
    return is_same_content(fd, entry.offset, entry.head, entry.context)


def _leads_to(path: str, key: FileKey) -> bool:
    try:
        status = Path(path).stat()
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == key


def _line_start(fd: int, offset: int) -> int:
    """The first start of a line at or after `offset`; the end of the file where there is none."""
    while data := os.pread(fd, 1 << 20, offset - 1):
        newline = data.find(b"\n")
        if newline >= 0:
            return offset + newline
        offset += len(data)
    return offset - 1


def _cure(path: str, why: str, code: int | None = errno.EACCES) -> str:
    cure = "tried again at every rescan"
    if code in (errno.EACCES, errno.EPERM):
        cure = "add Prologue's user to the group that may read it (adm on Debian), or run it as root"
    elif code in (errno.EMFILE, errno.ENFILE):
        cure = "raise the limit on open files (ulimit -n, LimitNOFILE=)"
    return f"{path} cannot be read ({why}); {cure}"
