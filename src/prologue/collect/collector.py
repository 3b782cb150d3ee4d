"""Collection as one object: start it, ask how it is, stop it.

    sources -> Discovery -> Tracker -> TailedFile -> Sender -> the sink
                                ^ Tailer, the loop ^

Next chapter: `prologue.buffer`, the sink.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prologue.collect import checkpoint
from prologue.collect.context import Context
from prologue.collect.discover import Discovery
from prologue.collect.file import TailedFile
from prologue.collect.journal import JournalFollower
from prologue.collect.rates import Limited
from prologue.collect.sender import Sender
from prologue.collect.settings import CollectSettings
from prologue.collect.status import CollectorTotals, SourceState, SourceStatus
from prologue.collect.tailer import Tailer, Wake
from prologue.collect.tracker import Tracker
from prologue.model.payload import PayloadSink

if TYPE_CHECKING:
    from prologue.collect.kubernetes.events import EventFollower
    from prologue.collect.kubernetes.pods import PodDirectory

CHECKPOINT_NAME = "collect.json"
# How long a start may wait for the first list of pods, so that most files have their labels at once.
FIRST_LIST_S = 3.0


class Collector:
    """Collects everything its settings name into `sink`; keeps its checkpoint in `folder`.

    `learn` is called once, before anything is read, with every source that the checkpoint remembers: a
    sink that has to ask elsewhere for positions can do so in one question.
    `status` and `totals` are thread-safe and cheap; what they answer may be a tick old.
    """

    def __init__(
        self,
        sink: PayloadSink,
        folder: Path,
        settings: CollectSettings | None = None,
        *,
        clock: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
        learn: Callable[[Sequence[str]], object] | None = None,
    ) -> None:
        context = Context(sink, settings or CollectSettings(), clock, monotonic)
        self._monotonic = monotonic
        self._rates = context.rates
        path = folder / CHECKPOINT_NAME
        self._writer = checkpoint.Writer(path)
        self._loaded = checkpoint.load(path)
        if learn is not None:
            learn(self._loaded.sources())
        self._wake = Wake()
        self._pods = self._directory(context.settings)
        discovery = Discovery(context.settings, pods=self._pods)
        self._tracker = Tracker(context, discovery, self._loaded, folder)
        self._sender = Sender(context, self._wake.raise_)
        self._tailer = Tailer(context, discovery, self._tracker, self._sender, self._writer, self._wake)
        self._journal = JournalFollower.find(context, self._writer, self._loaded.journal)
        self._events = self._follower(context, folder)
        self._stopping = threading.Event()
        self._deadline = 0.0
        self._drained = True
        self._failure = ""
        self._thread = threading.Thread(target=self._run, name="collect-files", daemon=True)

    def start(self) -> None:
        """Find what there is, and begin. After it returns `status` names every source."""
        _raise_file_limit()
        self._writer.start(self._loaded.journal)
        self._writer.on_written(self._wake.raise_)
        if self._pods is not None:
            self._pods.start(FIRST_LIST_S)
        self._tailer.scan()
        self._tracker.after_first_scan()
        self._thread.start()
        if self._journal is not None:
            self._journal.start()
        if self._events is not None:
            self._events.start()

    def stop(self, timeout: float) -> bool:
        """Read no more, wait for what was read to be acknowledged, remember where everything stands.

        False where `timeout` seconds were not enough: nothing is lost, the next start reads it again.
        """
        self._deadline = self._monotonic() + timeout
        self._stopping.set()
        self._wake.raise_()
        if self._events is not None:
            self._events.stop(timeout)
        done = self._journal is None or self._journal.stop(timeout)
        if self._thread.ident is not None:
            self._thread.join(timeout + 1)
        if self._pods is not None:
            self._pods.close()
        self._writer.close(max(1.0, self._deadline - self._monotonic()))
        return done and self._drained and not self._thread.is_alive()

    def status(self) -> list[SourceStatus]:
        """Every source, and every path that should be one but cannot be read."""
        tracker = self._tracker
        answer = [self._status_of(file) for file in list(tracker.files.values())]
        answer += [
            SourceStatus("file", path, SourceState.BLOCKED, errors=(why,))
            for path, why in list(tracker.blocked.items())
        ]
        answer += [SourceStatus("file", path, SourceState.COPY) for path in list(tracker.copies)]
        if self._journal is not None:
            answer.append(self._journal.status())
        if self._events is not None:
            answer.append(self._events.status())
        return answer

    def totals(self) -> CollectorTotals:
        tracker, sender = self._tracker, self._sender
        files = list(tracker.files.values())
        journal = self._journal
        return CollectorTotals(
            acked_bytes=sender.acked_bytes + (journal.acked_bytes if journal else 0),
            acked_payloads=sender.acked_payloads + (journal.acked_payloads if journal else 0),
            retries=sender.retries + (journal.retries if journal else 0),
            resets=tracker.resets,
            split_lines=tracker.split_lines + sum(file.split_lines for file in files),
            lost_bytes=tracker.lost_bytes + sum(file.lost for file in files),
            in_flight_bytes=sender.in_flight_bytes,
            sources=len(files) + (journal is not None),
            checkpoint_error=self._writer.error,
        )

    def limited(self) -> list[Limited]:
        """The services that had to wait because they are over their rate."""
        return self._rates.limited(self._monotonic())

    def problems(self) -> tuple[str, ...]:
        """What is wrong with collection as a whole, each with its cure; empty when all is well."""
        told = (self._failure, self._loaded.problem, self._writer.error, self._tailer.watcher.problem)
        pods = self._pods.problems() if self._pods is not None else ()
        return (*(problem for problem in told if problem), *pods, *self._tracker.losses)

    def _directory(self, settings: CollectSettings) -> PodDirectory | None:
        if not settings.cri or not settings.kubernetes.url:
            return None
        # Brings an HTTP client, which a collector without Kubernetes need not load.
        from prologue.collect.kubernetes.pods import PodDirectory  # noqa: PLC0415 - as above

        return PodDirectory(settings.kubernetes, self._wake.raise_)

    @staticmethod
    def _follower(context: Context, folder: Path) -> EventFollower | None:
        kubernetes = context.settings.kubernetes
        if not kubernetes.url or not kubernetes.events:
            return None
        from prologue.collect.kubernetes.events import EventFollower  # noqa: PLC0415 - as above

        return EventFollower(context, folder)

    def _status_of(self, file: TailedFile) -> SourceStatus:
        now, state = self._monotonic(), SourceState.IDLE
        if not file.found.provisional and file.held_until > now:
            state = SourceState.LIMITED
        elif file.gone:
            state = SourceState.ROTATED
        elif self._tailer.is_active(file) or file.acked < file.size:
            state = SourceState.ACTIVE
        return SourceStatus(
            kind=file.found.kind,
            name=file.path,
            state=state,
            offset=file.offset,
            size=file.size,
            acked=file.acked,
            generation=file.generation,
            skipped_bytes=file.skipped,
            lost_bytes=file.lost,
            split_lines=file.split_lines,
            lines=file.lines,
            acked_bytes=file.acked_bytes,
            retries=file.retries,
            lag_seconds=max(0.0, now - file.caught_up_at) if file.acked < file.size else 0.0,
            service=file.found.service,
            service_from=file.found.service_from,
            errors=tuple(error for error in (file.error, file.found.problem) if error),
        )

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._tailer.turn()
            self._drained = self._tailer.drain(self._deadline)
            self._tailer.close()
        except BaseException as error:
            # The thread ends either way; the status page must say so instead of standing still.
            self._failure = f"collection of files has stopped ({error!r}): a defect, please report it"
            raise


def _raise_file_limit() -> None:
    """Thousands of files need as many descriptors: take what the system allows this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, sys.maxsize) if hard != resource.RLIM_INFINITY else 1 << 20
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
