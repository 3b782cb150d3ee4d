"""The loop: one thread for every file.

Each turn waits for the kernel (a watched file was written, a folder changed), for an acknowledgement,
or for the next thing due, and then, in this order: settles what was acknowledged, brings the tracker
up to date, looks at the files being written, and pumps chunks to the sink, one file after the other
in a queue, so that a large file cannot starve a small one.

A file is *active* while it is being written: looked at every tick. When it is quiet, the kernel
watches it. Where the kernel cannot, the file is *polled*, less often. Everything is looked at once a
rescan, so a missed event costs seconds, never a line.

Next chapter: `prologue.collect.collector`, which starts and stops this.
"""

from __future__ import annotations

import os
import select
from collections import deque
from dataclasses import dataclass

from prologue.collect.checkpoint import Writer
from prologue.collect.context import Context
from prologue.collect.discover import Discovery
from prologue.collect.file import ContentReplaced, TailedFile
from prologue.collect.sender import Sender
from prologue.collect.tracker import Tracker
from prologue.collect.watch import Watcher

STEPS_PER_TURN = 64


class Wake:
    """Lets other threads end the loop's wait."""

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._raised = False

    def raise_(self) -> None:
        if not self._raised:
            self._raised = True
            os.eventfd_write(self.fd, 1)

    def clear(self) -> None:
        self._raised = False
        try:
            os.eventfd_read(self.fd)
        except BlockingIOError:
            return


@dataclass(slots=True)
class _Due:
    """When, on the monotonic clock, the next of each is to happen."""

    scan: float = 0.0
    tick: float = 0.0
    poll: float = 0.0
    checkpoint: float = 0.0
    keepalive: float = 0.0


class Tailer:
    """Owns the tracker and the sender; everything but `wake` belongs to the thread that calls `turn`."""

    def __init__(
        self,
        context: Context,
        discovery: Discovery,
        tracker: Tracker,
        sender: Sender,
        writer: Writer,
        wake: Wake,
    ) -> None:
        self._settings = settings = context.settings
        self._discovery = discovery
        self._tracker = tracker
        self._sender = sender
        self._writer = writer
        self._sink = context.sink
        self._wake = wake
        self._monotonic = context.monotonic
        self._rates = context.rates
        self.watcher = Watcher(settings.use_inotify)
        self._poll = select.poll()
        self._poll.register(wake.fd, select.POLLIN)
        if self.watcher.fd is not None:
            self._poll.register(self.watcher.fd, select.POLLIN)
        self._ready: deque[TailedFile] = deque()
        self._retry: deque[TailedFile] = deque()
        self._active: set[TailedFile] = set()
        self._polled: set[TailedFile] = set()
        self._unregistered: list[TailedFile] = []
        self._held: list[TailedFile] = []  # not to be read for now, see `_hold`
        self._version = discovery.version
        self._due = _Due()
        self._dirty = False

    def is_active(self, file: TailedFile) -> bool:
        return file in self._active

    def scan(self) -> None:
        """Look at the machine, and once at every file that nobody reports on."""
        now = self._monotonic()
        version = self._discovery.version
        if version != self._version and self._tracker.refresh():
            self._version = version
        scan = self._discovery.scan()
        self._tracker.apply(scan)
        self.watcher.watch_folders(scan.folders)
        for file in list(self._tracker.files.values()):
            if file not in self._active:
                self._peek(file, now)
            self._finish_if_quiet(file, now)
        self._due.scan = now + self._settings.rescan_s
        if now >= self._due.keepalive:
            self._due.keepalive = now + self._settings.keepalive_s
            for file in self._tracker.files.values():
                self._sink.durable_position(file.source)

    def turn(self) -> None:
        """One round of the loop; blocks until there is something to do."""
        self._wait()
        now = self._monotonic()
        self._settle(now)
        self._take_events()
        if now >= self._due.scan or self._discovery.version != self._version:
            self.scan()
        self._let_go(now)
        if now >= self._due.tick:
            self._tick(now)
        if self._polled and now >= self._due.poll:
            self._due.poll = now + self._settings.poll_s
            for file in list(self._polled):
                self._peek(file, now)
        self._register()
        self._pump(now)
        self._checkpoint(now)

    def drain(self, deadline: float) -> bool:
        """Read no more; wait until all that was read is acknowledged. False at the deadline."""
        while self._sender.in_flight or self._retry:
            now = self._monotonic()
            if now >= deadline:
                return False
            if self._retry and self._sender.is_open(now):
                self._step(self._retry.popleft(), now)
            until = self._sender.backoff.until if self._retry else deadline
            self._poll.poll(max(1.0, 1000 * (min(until, deadline) - now)))
            self._wake.clear()
            self._take_events()
            self._settle(self._monotonic())
        return True

    def close(self) -> None:
        """Remember where everything stands, and let go of it."""
        self._register()
        self._writer.put_files(self._tracker.entries())
        self.watcher.close()
        for file in self._tracker.files.values():
            file.close()

    def _wait(self) -> None:
        self._poll.poll(self._timeout(self._monotonic()))
        self._wake.clear()

    def _timeout(self, now: float) -> float:
        """Milliseconds until the next thing is due."""
        due, sender = self._due, self._sender
        times = [due.scan]
        if self._retry or (self._ready and sender.has_room()):
            times.append(sender.backoff.until)
        if self._active:
            times.append(due.tick)
        if self._held:
            times.append(min(file.held_until for file in self._held))
        if self._polled:
            times.append(due.poll)
        if self._dirty:
            times.append(due.checkpoint)
        return max(0.0, 1000 * (min(times) - now) + 1) if min(times) > now else 0.0

    def _take_events(self) -> None:
        events = self.watcher.read()
        for file in events.files:
            if not file.closed:
                self._activate(file)
        for path in dict.fromkeys(events.paths):
            self._tracker.sync(path)
        if events.new_folder or events.overflow:
            soon = self._monotonic() + self._settings.tick_s
            self._due.scan = min(self._due.scan, soon)

    def _activate(self, file: TailedFile) -> None:
        self._polled.discard(file)
        self._active.add(file)
        self._enqueue(file)

    def _enqueue(self, file: TailedFile) -> None:
        if not file.queued and not file.in_flight and file.pending is None:
            file.queued = True
            self._ready.append(file)

    def _peek(self, file: TailedFile, now: float) -> None:
        try:
            if file.look(now):
                self._activate(file)
        except (ContentReplaced, OSError):
            self._activate(file)  # reading it will say what happened, and deal with it

    def _tick(self, now: float) -> None:
        """Look at the files being written; hand the quiet ones to the kernel."""
        self._due.tick = now + self._settings.tick_s
        for file in list(self._active):
            if file.closed:
                self._active.discard(file)
            elif self._writer.is_written(file.version):
                self._enqueue(file)
                if self._is_quiet(file, now):
                    self._rest(file)

    def _is_quiet(self, file: TailedFile, now: float) -> bool:
        patience = self._settings.quiet_after_s
        if file.offset < file.size:
            held = max(self._settings.partial_after_s or 0.0, self._settings.multiline_wait_s)
            patience = max(patience, held + self._settings.rescan_s)
        return file.drained and file.pending is None and now - file.last_growth >= patience

    def _rest(self, file: TailedFile) -> None:
        self._active.discard(file)
        if not self.watcher.arm(file):
            self._polled.add(file)

    def _finish_if_quiet(self, file: TailedFile, now: float) -> None:
        """Nobody has written to a file without a path for long: read what is left and let it go."""
        wait = self._settings.deleted_wait_s if file.deleted else self._settings.rotated_wait_s
        if file.gone and now - file.last_growth >= wait:
            file.finishing = True
            self._activate(file)

    def _register(self) -> None:
        """New incarnations go into the checkpoint before their first byte goes to the sink."""
        tracker = self._tracker
        if tracker.fresh:
            version = self._writer.put_files(tracker.entries())
            for file in tracker.fresh:
                file.version = version
            self._unregistered += tracker.fresh
            tracker.fresh = []
        waiting = []
        for file in self._unregistered:
            if self._writer.is_written(file.version):
                self._rest(file)
                self._enqueue(file)
            else:
                waiting.append(file)
        self._unregistered = waiting

    def _pump(self, now: float) -> None:
        for _ in range(STEPS_PER_TURN):
            if not self._sender.is_open(now):
                return
            if self._retry:
                self._step(self._retry.popleft(), now)
            elif self._ready and self._sender.has_room():
                file = self._ready.popleft()
                file.queued = False
                self._step(file, now)
            else:
                return
            self._settle(now)

    def _step(self, file: TailedFile, now: float) -> None:
        """Send the file's next chunk, or again the one that was refused."""
        if file.closed or file.in_flight or not self._writer.is_written(file.version):
            return
        if file.pending is not None:
            self._sender.resend(file, now)
        elif self._hold(file, now):
            self._held.append(file)
            return
        elif file.after is not None and not (file.after.drained or file.after.closed):
            self._enqueue(file.after)
            self._active.add(file)
            return
        else:
            self._read(file, now)
        if file.pending is not None and not file.in_flight:
            self._retry.append(file)

    def _hold(self, file: TailedFile, now: float) -> bool:
        """Whether the file is not to be read now: the API is about to say whose its lines are, or the
        service is over its rate."""
        patience = file.opened_at + self._settings.kubernetes.patience_s
        if file.found.provisional and not file.gone and now < patience:
            file.held_until = patience
            return True
        wait = self._rates.wait(file.found.service, now)
        file.held_until = now + wait if wait else 0.0
        return wait > 0

    def _let_go(self, now: float) -> None:
        held, self._held = self._held, []
        for file in held:
            if file.closed:
                continue
            if self._hold(file, now):
                self._held.append(file)
            else:
                self._activate(file)

    def _read(self, file: TailedFile, now: float) -> None:
        file.after = None
        try:
            if file.identify():
                self._tracker.renew(file)
                return
            try:
                chunk = file.read(now, self._settings)
            except ContentReplaced:
                self._tracker.replaced(file)
                return
        except OSError as error:
            file.error = f"cannot be read ({error.strerror}); tried again at every rescan"
            file.drained = True
            self._active.discard(file)
            return
        if chunk is not None:
            self._active.add(file)
            self._polled.discard(file)
            self._rates.charge(file.found.service, len(chunk.data), now)
            self._sender.send(file, chunk, now)
            return
        file.drained = True
        if file.finishing:
            self._active.discard(file)
            self._polled.discard(file)
            self._tracker.close(file)
            self._dirty = True

    def _settle(self, now: float) -> None:
        for file in self._sender.settled(now):
            self._dirty = True
            if file.pending is not None:
                self._retry.append(file)
            elif file.offset < file.size or file.finishing:
                self._enqueue(file)

    def _checkpoint(self, now: float) -> None:
        if self._dirty and now >= self._due.checkpoint:
            self._dirty = False
            self._due.checkpoint = now + self._settings.checkpoint_s
            self._writer.put_files(self._tracker.entries())
