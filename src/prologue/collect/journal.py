"""The systemd journal, through `journalctl --follow -o json`: one JSON object a line, in chunks.

The journal has cursors, the sink has byte positions. Positions here count the bytes ever sent under
one source name, and two steps tie them to a cursor: the checkpoint first learns "the payload ending
at byte N ends at cursor C" and is synced, then the payload is sent. After a crash the sink's durable
position tells whether that payload arrived, and so which cursor to go on after: nothing is lost,
nothing repeated. One payload is on its way at a time; while it is, nobody reads the pipe, and
journalctl waits: that is the back-pressure. A rate holds it up in the same way; the journal counts as one
service, `journal`, because which service a line belongs to is found by whoever takes it apart.

`--all` is needed because journalctl otherwise writes null for fields above 4096 bytes.

Source: journalctl(1); systemd's Journal JSON Format.

Next chapter: `prologue.collect.collector`.
"""

from __future__ import annotations

import select
import shutil
import subprocess
import tempfile
import threading
from concurrent.futures import wait
from dataclasses import replace
from pathlib import Path
from typing import IO, Self

import msgspec

from prologue.collect.checkpoint import JournalEntry, Writer
from prologue.collect.chunks import Framing, cut
from prologue.collect.context import Context
from prologue.collect.identity import new_token
from prologue.collect.sender import Backoff
from prologue.collect.settings import CollectSettings
from prologue.collect.status import SourceState, SourceStatus
from prologue.model.errors import BufferFull, PositionConflict, PrologueError
from prologue.model.labels import with_service_name
from prologue.model.payload import Payload, PayloadFormat, PayloadSink, SourcePosition

RATED_AS = "journal"
JOURNAL_FOLDERS = ("/var/log/journal", "/run/log/journal")
LOOK_S = 0.2


class _Elsewhere(Exception):
    """The sink wants the source from another place on."""

    def __init__(self, resume_at: int) -> None:
        super().__init__(resume_at)
        self.resume_at = resume_at


class _Line(msgspec.Struct):
    cursor: str = msgspec.field(name="__CURSOR", default="")


class JournalFollower:
    """Follows one journal in a thread of its own."""

    def __init__(
        self,
        context: Context,
        writer: Writer,
        entry: JournalEntry | None,
        program: str,
    ) -> None:
        self._sink = sink = context.sink
        self._settings = settings = context.settings
        self._writer = writer
        self._clock = context.clock
        self._monotonic = context.monotonic
        self._rates = context.rates
        self._program = program
        self._entry = _settle(entry, sink) if entry else JournalEntry(f"journal:{new_token()}", "", 0)
        # What an earlier life promised and this one has not passed yet: perhaps it arrived after all.
        self._doubt = entry if entry is not None else self._entry
        self._labels = with_service_name({"source": "journal", "host": settings.host})
        self._backoff = Backoff(context)
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="collect-journal", daemon=True)
        self._error = ""
        self._state = SourceState.IDLE
        self._split = 0
        self._read = self._entry.offset
        self.acked_bytes = 0
        self.acked_payloads = 0
        self.retries = 0

    @classmethod
    def find(cls, context: Context, writer: Writer, entry: JournalEntry | None) -> Self | None:
        """A follower, where this machine has a journal and the program to read it."""
        program = shutil.which("journalctl")
        if not context.settings.journal or program is None or folder_of(context.settings) is None:
            return None
        return cls(context, writer, entry, program)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """End within `timeout` seconds; whether it did."""
        self._stopping.set()
        process = self._process
        if process is not None:
            process.terminate()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def status(self) -> SourceStatus:
        return SourceStatus(
            kind="journal",
            name=str(folder_of(self._settings) or "journal"),
            state=self._state,
            offset=self._read,
            size=self._read,
            acked=self._entry.offset,
            split_lines=self._split,
            errors=(self._error,) if self._error else (),
        )

    def command(self) -> list[str]:
        """How journalctl is called to go on after what is acknowledged."""
        settings, cursor = self._settings, self._entry.cursor
        command = [self._program, "--output=json", "--all", "--quiet", "--no-pager", "--follow", "--no-tail"]
        folder = folder_of(settings)
        if folder is not None and (settings.journal_directory is not None or settings.root != Path("/")):
            command.append(f"--directory={folder}")
        since = int(self._clock() / 1e9 - settings.journal_initial_s)
        return [*command, f"--after-cursor={cursor}" if cursor else f"--since=@{max(0, since)}"]

    def _run(self) -> None:
        while not self._stopping.is_set():
            with tempfile.TemporaryFile() as errors:
                try:
                    self._follow(errors)
                except OSError as error:
                    self._error = f"journalctl cannot be started: {error.strerror}"
                except _Elsewhere as elsewhere:
                    self._go_on_at(elsewhere.resume_at)
                    continue
                self._pause(errors)

    def _go_on_at(self, held: int) -> None:
        """The sink holds more or less than we believe: find the cursor that belongs to its position.

        It is the promise of an earlier life whose answer never came, or nobody knows it: then the entries
        after our cursor go on under a new name, which may repeat the last payload and loses nothing.
        """
        doubt = self._doubt
        if doubt.pending_cursor and doubt.pending_offset == held:
            self._entry = JournalEntry(doubt.source, doubt.pending_cursor, held)
        else:
            self._error = "the sink's position is not one of ours; the last entries may be stored twice"
            self._entry = JournalEntry(f"journal:{new_token()}", self._entry.cursor, 0)
        self._doubt = JournalEntry(self._entry.source, "", 0)
        self._read = self._entry.offset

    def _follow(self, errors: IO[bytes]) -> None:
        """Run journalctl until it ends, and send what it writes."""
        with subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=errors, bufsize=0) as process:
            self._process = process
            try:
                if not self._stopping.is_set():
                    self._copy(process.stdout)
            finally:
                process.kill()

    def _copy(self, pipe: IO[bytes] | None) -> None:
        assert pipe is not None
        poll = select.poll()
        poll.register(pipe.fileno(), select.POLLIN)
        held = b""
        while not self._stopping.is_set():
            data = pipe.read(self._settings.chunk_bytes)
            if not data:
                return
            held += data
            if len(held) < self._settings.chunk_bytes and poll.poll(1000 * self._settings.tick_s):
                continue  # more is there: fewer, larger payloads
            end = cut(held, Framing.JOURNAL)
            if not end and len(held) >= self._settings.max_line_bytes:
                end, self._split = len(held), self._split + 1
            if end and self._may_ship(end):
                self._send(held[:end])
                held = held[end:]

    def _may_ship(self, size: int) -> bool:
        """Wait until the rate allows to ship; False where a stop came first."""
        while wait_s := self._rates.wait(RATED_AS, self._monotonic()):
            if self._stopping.wait(min(wait_s, LOOK_S)):
                return False
        self._rates.charge(RATED_AS, size, self._monotonic())
        return True

    def _send(self, data: bytes) -> None:
        """Promise in the checkpoint, send, and wait for the acknowledgement."""
        done = self._entry
        end = done.offset + len(data)
        self._read, self._state = end, SourceState.ACTIVE
        promised = replace(done, pending_cursor=_last_cursor(data) or done.cursor, pending_offset=end)
        version = self._writer.put_journal(promised)
        while not self._writer.wait_written(version, LOOK_S):
            if self._stopping.is_set():
                return
        payload = Payload(
            tenant=self._settings.tenant,
            format=PayloadFormat.LINES,
            data=data,
            received_ns=self._clock(),
            labels=self._labels,
            params={"framing": Framing.JOURNAL.value},
            position=SourcePosition(done.source, done.offset, end),
        )
        while not self._deliver(payload):
            if self._stopping.is_set():
                return
        if end >= self._doubt.pending_offset:
            self._doubt = JournalEntry(done.source, "", 0)
        self._entry = JournalEntry(done.source, promised.pending_cursor, end)
        self._writer.put_journal(self._entry)
        self._state = SourceState.IDLE
        self.acked_bytes += len(data)
        self.acked_payloads += 1

    def _deliver(self, payload: Payload) -> bool:
        """One attempt; a failed one waits before it answers."""
        error: BaseException | None
        try:
            future = self._sink.append(payload)
        except PrologueError as refusal:
            error = refusal
        else:
            while not wait([future], timeout=LOOK_S).done:
                if self._stopping.is_set():
                    return False
            error = future.exception()
        if error is None:
            self._error = ""
            self._backoff.succeed()
            return True
        if isinstance(error, PositionConflict):
            raise _Elsewhere(error.resume_at)
        self.retries += 1
        self._error = f"not taken yet, tried again: {error}"
        self._wait(error.retry_after if isinstance(error, BufferFull) else 0.0)
        return False

    def _pause(self, errors: IO[bytes]) -> None:
        """journalctl ended: say why, and wait before it is started again."""
        if self._stopping.is_set():
            return
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().rsplit("\n", 1)[-1]
        self._error = f"journalctl ended and is started again: {said or self._error or 'it gave no reason'}"
        self._state = SourceState.ENDED
        self._wait(0.0)

    def _wait(self, hint: float) -> None:
        now = self._monotonic()
        self._backoff.fail(now, hint)
        self._stopping.wait(self._backoff.until - now)


def folder_of(settings: CollectSettings) -> Path | None:
    """The folder that holds the journal's files, or None where there are none."""
    if settings.journal_directory is not None:
        return settings.journal_directory
    root = str(settings.root).rstrip("/")
    folders = [Path(root + folder) for folder in JOURNAL_FOLDERS]
    return next((folder for folder in folders if any(folder.glob("**/*.journal"))), None)


def _settle(entry: JournalEntry, sink: PayloadSink) -> JournalEntry:
    """What the crash left open: did the promised payload arrive?"""
    arrived = bool(entry.pending_cursor) and sink.durable_position(entry.source) >= entry.pending_offset
    if arrived:
        return JournalEntry(entry.source, entry.pending_cursor, entry.pending_offset)
    return JournalEntry(entry.source, entry.cursor, entry.offset)


def _last_cursor(data: bytes) -> str:
    """The cursor of the last line; empty where that line is not whole."""
    line = data[data.rfind(b"\n", 0, len(data) - 1) + 1 :]
    try:
        return msgspec.json.decode(line, type=_Line).cursor
    except msgspec.DecodeError:
        return ""
