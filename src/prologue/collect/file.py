"""One open file: what was read of it, what of that is acknowledged, and the next chunk to send.

Reads up to a mebibyte at a time from the page cache and cuts it after its last whole record, so the
work per line is the engine's, never Python's. Each read starts a little before the offset and must
find there what stood there last time; where it does not, `ContentReplaced` says the file was
truncated or rewritten, and the tracker begins a new incarnation.

A last line without its newline is held: the writer may be in the middle of it. It is sent when the
file is finished (rotated or deleted, and quiet), or after `partial_after_s` without a write, as a
line of its own; should it be continued later, the rest is another record. Nothing is sent twice. A
file whose size is a multiple of 4096 is the exception: a writer with a block buffer stops in the
middle of a line there, so the line is held until the file grows or is finished.

Where a rule joins lines (`Found.multiline`), a chunk ends where the last record begins, and that record is
held: until another begins, the file is finished, `multiline_wait_s` passed without a write, or five times
that since it was first seen. What comes later is a record of its own.

Not thread-safe: only the tailer's thread touches it, `status` apart, which only reads.

Next chapter: `prologue.collect.sender`, which takes the chunks to the sink.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from prologue.collect.checkpoint import FileEntry
from prologue.collect.chunks import cut
from prologue.collect.encoding import cut_wide, is_wide
from prologue.collect.identity import (
    CONTEXT_BYTES,
    HEAD_BYTES,
    FileKey,
    Fingerprint,
    context_before,
    fingerprint,
    is_same_content,
    start_of_data,
)
from prologue.collect.kind import Found
from prologue.collect.multiline import cut_records
from prologue.collect.settings import CollectSettings
from prologue.model.payload import Payload

BLOCK = 4096
PEEK_FROM = 65_536
HELD_AT_MOST = 5  # times `multiline_wait_s`
UNREGISTERED = 1 << 62
SEEN_STEP_NS = 3_600_000_000_000  # how exactly an idle file's last sighting is remembered


class ContentReplaced(Exception):
    """What was read before is no longer there: truncated, rewritten or copied over."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole records from byte `start` to `end` of the file; `split` where it had to end inside one."""

    data: bytes
    start: int
    end: int
    split: bool


@dataclass(frozen=True, slots=True)
class Start:
    """Where an incarnation begins or goes on."""

    source: str
    offset: int
    generation: int = 0
    skipped: int = 0


class TailedFile:
    """See the module's docstring. `fd` is owned: `close` closes it."""

    def __init__(self, fd: int, key: FileKey, found: Found, start: Start, now: float) -> None:
        self.fd = fd
        self.key = key
        self.found = found
        self.source = start.source
        self.generation = start.generation
        self.skipped = start.skipped
        self.lost = 0
        self.split_lines = 0
        self.error = ""
        # Since the start, for the status page.
        self.lines = 0
        self.acked_bytes = 0
        self.retries = 0
        self.caught_up_at = now  # everything written before then is acknowledged
        # Bookkeeping of the tracker and the tailer.
        self.version = UNREGISTERED  # the checkpoint version that knows this incarnation
        self.rotated = False
        self.deleted = False
        self.finishing = False
        self.closed = False
        self.drained = False  # has been read to its end once
        self.after: TailedFile | None = None  # its predecessor under the same path: finished first
        self.queued = False
        self.in_flight = False
        self.pending: Payload | None = None  # sent or to be sent, not acknowledged
        self.limit = 0  # the sink's limit on one payload, once it told us; 0: none
        self.last_growth = now
        self.opened_at = now
        self.held_until = (
            0.0  # not read before then: its labels are not known, or its service is over its rate
        )
        self._entry: FileEntry | None = None
        self.begin(start.offset)

    def begin(self, offset: int) -> None:
        """Stand at `offset` of the present content, with everything before it acknowledged."""
        self.first = offset
        status = os.fstat(self.fd)
        self.size, self.mtime_ns = status.st_size, status.st_mtime_ns
        self._begins_with(os.pread(self.fd, HEAD_BYTES, 0))
        self.rewind(offset)
        self.acked, self._acked_tail = offset, self._tail
        self.drained = False

    def identify(self) -> bool:
        """Take the fingerprint of the first bytes where there were none before; whether there are now.

        Bytes that are sent before the checkpoint can tell whose they are could not be found again in a copy.
        """
        if self.head.length:
            return False
        self._begins_with(os.pread(self.fd, HEAD_BYTES, 0))
        return self.head.length > 0

    def rewind(self, offset: int) -> None:
        """Read again from `offset`."""
        self.offset = offset
        self._tail = context_before(self.fd, offset)
        self._scanned = 0
        self._held_since: float | None = None  # when the record at the offset was first seen, and how far
        self._held_size = 0
        self._complete_at = self.caught_up_at
        self.pending = None

    def move_to(self, offset: int) -> None:
        """Go on at `offset`, which the sink names: it holds everything before it."""
        self.rewind(offset)
        self.acknowledge()

    @property
    def path(self) -> str:
        return self.found.path

    @property
    def gone(self) -> bool:
        """No path of interest leads here any more; what is left is drained, then it is forgotten."""
        return self.rotated or self.deleted

    def look(self, now: float) -> bool:
        """Notice growth, truncation and deletion; whether there is something to read.

        Raises ContentReplaced, OSError.
        """
        status = os.fstat(self.fd)
        self.deleted = status.st_nlink == 0
        size, rewritten = status.st_size, status.st_mtime_ns != self.mtime_ns
        self.mtime_ns = status.st_mtime_ns
        if size < self.offset:
            raise ContentReplaced
        if size != self.size:
            self.lost += max(0, self.size - size)
            if self.acked == self.size:
                self.caught_up_at = now
            self.size, self.last_growth = size, now
        if size == self.offset and rewritten and context_before(self.fd, self.offset) != self._tail:
            raise ContentReplaced
        return size > self.offset

    def read(self, now: float, settings: CollectSettings) -> Chunk | None:
        """The next chunk, or None where no whole record is to be had now.

        Raises ContentReplaced, OSError.
        """
        if not self.look(now):
            return None
        if self._waits_for_more(now, settings):
            return None
        want = self._want(now, settings)
        while want:
            body = self._body(want)
            lines = self._cut(body)
            end = self._before_last_record(body, lines, now, settings)
            if end:
                if self._is_last(body):
                    self._complete_at = now
                return self._chunk(body[:end], split=False)
            longest = self._longest(settings)
            if len(body) >= longest or (not lines and self._is_last(body) and self._may_flush(now, settings)):
                return self._chunk(body[: lines or longest], split=True)
            if self._is_last(body):
                if lines:
                    self._hold_record(now)
                self._scanned = 0 if b"\n" in body else len(body)
                return None
            want = min(want * 2, longest)
        return None

    def acknowledge(self) -> None:
        """Everything read so far is durable."""
        self.acked, self._acked_tail = self.offset, self._tail
        self.pending = None
        self.caught_up_at = max(self.caught_up_at, self._complete_at)
        self._entry = None

    def entry(self, seen_ns: int) -> FileEntry:
        """What the checkpoint is to remember; made anew only when something changed."""
        known = self._entry
        if (
            known is None
            or (known.source, known.path, known.size) != (self.source, self.path, self.size)
            or seen_ns - known.seen_ns > SEEN_STEP_NS
        ):
            context: Fingerprint = fingerprint(self._acked_tail)
            self._entry = FileEntry(
                self.source,
                self.path,
                *self.key,
                self.generation,
                self.acked,
                self.size,
                self.head,
                context,
                seen_ns,
                self.mtime_ns,
            )
        assert self._entry is not None
        return self._entry

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            os.close(self.fd)

    def is_held_by(self, other: int) -> bool:
        """Whether the open file `other` holds what we saw, and so is a copy; never if we saw nothing."""
        context = fingerprint(self._tail)
        return self.head.length > 0 and is_same_content(other, self.offset, self.head, context)

    def _begins_with(self, opening: bytes) -> None:
        """The content's first bytes. The file is never asked again: by then it may hold other content."""
        self._opening = opening
        self.head = fingerprint(opening)
        self._entry = None

    def _cut(self, body: bytes) -> int:
        if is_wide(self.found.encoding):
            return cut_wide(body, self.found.encoding)
        return cut(body, self.found.framing)

    def _before_last_record(self, body: bytes, lines: int, now: float, settings: CollectSettings) -> int:
        """Where the record begins that more lines may belong to; `lines`, where there is no such record."""
        rule = self.found.multiline
        if rule is None or not lines or is_wide(self.found.encoding):
            return lines
        if self._is_last(body) and self._is_record_over(now, settings):
            return lines
        return cut_records(body, lines, self.found.framing, rule)

    def _hold_record(self, now: float) -> None:
        """Nothing but a record that may go on: look again when the file grew, or the wait is over."""
        self._held_size = self.size
        if self._held_since is None:
            self._held_since = now

    def _waits_for_more(self, now: float, settings: CollectSettings) -> bool:
        held = self._held_since is not None and self.size == self._held_size
        return held and not self._is_record_over(now, settings)

    def _is_record_over(self, now: float, settings: CollectSettings) -> bool:
        wait = settings.multiline_wait_s
        if self.finishing or now - self.last_growth >= wait:
            return True
        return self._held_since is not None and now - self._held_since >= HELD_AT_MOST * wait

    def _longest(self, settings: CollectSettings) -> int:
        longest = min(settings.max_line_bytes, self.limit or settings.max_line_bytes)
        return longest & ~1 if is_wide(self.found.encoding) else longest

    def _is_last(self, body: bytes) -> bool:
        return self.offset + len(body) >= self.size

    def _want(self, now: float, settings: CollectSettings) -> int:
        """How much to read; 0 where a long unfinished line got no newline since it was last read."""
        longest = self._longest(settings)
        if self._scanned < PEEK_FROM or self._may_flush(now, settings):
            return min(max(settings.chunk_bytes, self._scanned), longest)
        added = os.pread(self.fd, longest - self._scanned, self.offset + self._scanned)
        self._scanned += len(added)
        return 0 if b"\n" not in added and self._scanned < longest else self._scanned

    def _body(self, want: int) -> bytes:
        """The bytes after the offset, once those before it were seen to be what they were."""
        if self.generation and self.offset == self.first:
            self._skip_hole()
        before = len(self._tail)
        data = os.pread(self.fd, before + want, self.offset - before)
        if data[:before] != self._tail or len(data) == before:
            raise ContentReplaced
        if not before and not self.head.matches(os.pread(self.fd, self.head.length, 0)):
            raise ContentReplaced
        return data[before:]

    def _skip_hole(self) -> None:
        """After a truncation a writer without O_APPEND leaves a hole before its next line."""
        if (start := start_of_data(self.fd, self.offset)) > self.offset:
            self.first = start
            self.rewind(start)
            self.acknowledge()

    def _may_flush(self, now: float, settings: CollectSettings) -> bool:
        if self.finishing:
            return True
        idle = settings.partial_after_s
        return idle is not None and now - self.last_growth >= idle and self.size % BLOCK != 0

    def _chunk(self, data: bytes, *, split: bool) -> Chunk:
        chunk = Chunk(data, self.offset, self.offset + len(data), split)
        if self.head.length < min(HEAD_BYTES, chunk.end):
            self._begins_with((self._opening[: chunk.start] + data[:HEAD_BYTES])[:HEAD_BYTES])
        self.offset = chunk.end
        self._tail = (self._tail + data[-CONTEXT_BYTES:])[-CONTEXT_BYTES:]
        self._scanned = 0
        self._held_since = None
        self.split_lines += split
        self.lines += data.count(b"\n") or 1
        return chunk
