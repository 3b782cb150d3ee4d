"""How far each file was read and acknowledged, kept across restarts in one small file.

Written whole and atomically: temporary file, fsync, rename, fsync of the folder; so a reader finds
the old state or the new one, never half of it. It may lag behind what the sink holds: on a start the
position is the larger of the two. One rule keeps kill -9 from repeating a line: *a new incarnation
is on disk, with a fingerprint, before its first byte is sent*. The loop therefore asks `Writer` whether
a version is written; the fsync itself happens in the writer's thread, so a slow disk never delays a line.

Format, version 1: JSON, `{"version": 1, "files": [FileEntry...], "journal": JournalEntry or null}`.

Next chapter: `prologue.collect.file`, whose state this is.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from prologue.collect.identity import FileKey, Fingerprint

VERSION = 1


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One incarnation of a file. `offset` is acknowledged, `size` the largest seen, in bytes."""

    source: str
    path: str
    device: int
    inode: int
    generation: int
    offset: int
    size: int
    head: Fingerprint
    context: Fingerprint
    seen_ns: int
    mtime_ns: int = 0

    @property
    def key(self) -> FileKey:
        return self.device, self.inode


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """Where the journal's reader stands.

    `offset` counts the bytes ever sent under `source`; everything up to `cursor` is acknowledged.
    `pending_*` describe a payload that may or may not have arrived: the sink's position decides.
    """

    source: str
    cursor: str
    offset: int
    pending_cursor: str = ""
    pending_offset: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that is remembered; `fresh` where there was no checkpoint at all."""

    files: tuple[FileEntry, ...] = ()
    journal: JournalEntry | None = None
    fresh: bool = False
    problem: str = ""

    def sources(self) -> list[str]:
        """Every source that is remembered."""
        journal = [self.journal.source] if self.journal is not None else []
        return [entry.source for entry in self.files] + journal


class _Document(msgspec.Struct, frozen=True):
    version: int
    files: tuple[FileEntry, ...]
    journal: JournalEntry | None = None


def load(path: Path) -> Checkpoint:
    """Read the checkpoint. One that cannot be understood is set aside, and `problem` says so."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Checkpoint(fresh=True)
    try:
        document = msgspec.json.decode(text, type=_Document)
        if document.version != VERSION:
            raise msgspec.ValidationError(f"version {document.version}, this Prologue reads {VERSION}")
    except msgspec.DecodeError as error:
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        return Checkpoint(
            problem=f"the checkpoint could not be read ({error}) and was set aside as {aside}; "
            "files are read again from their beginning, so lines may be there twice"
        )
    return Checkpoint(document.files, document.journal)


def save(path: Path, files: tuple[FileEntry, ...], journal: JournalEntry | None) -> None:
    """Replace the checkpoint atomically and durably. Raises OSError."""
    text = msgspec.json.encode(_Document(VERSION, files, journal))
    temporary = path.with_suffix(".new")
    with temporary.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@dataclass
class _State:
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    journal: JournalEntry | None = None
    wanted: int = 0
    written: int = 0
    error: str = ""
    closed: bool = False


class Writer:
    """Writes the newest state handed to it, in its own thread. Every method is thread-safe.

    `put_*` return a version; `is_written(version)` turns true once that state, or a later one, is
    on disk, and `on_written` is called from the writer's thread after each write.
    """

    def __init__(self, path: Path, retry_s: float = 1.0) -> None:
        self._path = path
        self._retry_s = retry_s
        self._state = _State()
        self._changed = threading.Condition()
        self._listeners: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._run, name="collect-checkpoint", daemon=True)

    def start(self, journal: JournalEntry | None) -> None:
        """`journal` is what was loaded: it is kept until its reader says otherwise."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._state.journal = journal
        self._thread.start()

    def on_written(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def put_files(self, entries: Mapping[str, FileEntry]) -> int:
        """All files' entries by source. The mapping is handed over: do not change it afterwards."""
        with self._changed:
            self._state.files = entries
            return self._bump()

    def put_journal(self, entry: JournalEntry) -> int:
        with self._changed:
            self._state.journal = entry
            return self._bump()

    def is_written(self, version: int) -> bool:
        return self._state.written >= version

    def wait_written(self, version: int, timeout: float) -> bool:
        """Block until `version` is on disk; False after `timeout` seconds or when closed without it."""
        with self._changed:
            self._changed.wait_for(lambda: self._state.written >= version or self._state.closed, timeout)
            return self._state.written >= version

    @property
    def error(self) -> str:
        """Why the last attempt failed, with the cure; empty when it did not."""
        return self._state.error

    def close(self, timeout: float) -> None:
        """Write what is still to be written, within `timeout` seconds, and end the thread."""
        if self._thread.ident is None:
            return  # never started
        with self._changed:
            wanted = self._state.wanted
        self.wait_written(wanted, timeout)
        with self._changed:
            self._state.closed = True
            self._changed.notify_all()
        self._thread.join(timeout)

    def _bump(self) -> int:
        self._state.wanted += 1
        self._changed.notify_all()
        return self._state.wanted

    def _run(self) -> None:
        state = self._state
        while True:
            with self._changed:
                self._changed.wait_for(lambda: state.wanted > state.written or state.closed)
                if state.closed:
                    return
                version, files, journal = state.wanted, state.files, state.journal
            self._write(version, tuple(files.values()), journal)

    def _write(self, version: int, files: tuple[FileEntry, ...], journal: JournalEntry | None) -> None:
        error = ""
        try:
            save(self._path, files, journal)
        except OSError as failure:
            error = (
                f"cannot write the checkpoint {self._path}: {failure.strerror}; "
                "make room or give write permission: until then no new file is begun"
            )
        with self._changed:
            self._state.error = error
            if error:
                self._changed.wait_for(lambda: self._state.closed, self._retry_s)
            else:
                self._state.written = version
            self._changed.notify_all()
        for listener in self._listeners:
            listener()
