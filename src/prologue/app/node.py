"""One process with every role: what is opened, in order, and closed, in the reverse order.

    open:  engine -> migrations -> writer -> buffer -> ingest -> retention, deleter -> collector -> gRPC
           -> sockets -> Kafka -> HTTP
    drain: HTTP, gRPC, Kafka (nothing new) -> sockets -> collector -> buffer flushed
           -> ingest (all that is sealed) -> engine

Each step leaves the next one nothing to lose: a push is answered only once it is on disk, so whatever
the drain does not finish in time is in the buffer and is written at the next start.

Next chapter: `up.py`, which runs a node until a signal.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from prologue.app import collecting, gauges, parsers, receiving, streams
from prologue.app.deleting import Deleter
from prologue.app.lean import give_memory_back
from prologue.app.rerunning import Rerunner
from prologue.buffer.disk import DiskBuffer
from prologue.buffer.lock import DirectoryLock
from prologue.buffer.segment import sequence_of
from prologue.buffer.settings import BufferSettings, BufferStats
from prologue.collect.status import SourceStatus
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError, PrologueError
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish, finish_decided, times
from prologue.parse.pipelines.nodes import PipelineSet
from prologue.pipeline.control import ParserControl
from prologue.pipeline.ingest import Ingest
from prologue.pipeline.maintenance import Maintenance
from prologue.pipeline.progress import Progress
from prologue.pipeline.trial import TRIAL_SETTINGS
from prologue.receive.intake import Intake
from prologue.receive.standing import Standings
from prologue.serve.context import Context
from prologue.store.deletions import Deletions
from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate
from prologue.store.pace import Pace
from prologue.store.reader import Reader
from prologue.store.reruns import Reruns
from prologue.store.room import Room
from prologue.store.writer import LogWriter

logger = logging.getLogger(__name__)

# One parses while the other inserts; more do not help on the machines this runs on.
_WRITERS = 2
# For open calls to be answered; a stream of access logs never ends by itself.
_GRPC_GRACE_SECONDS = 1.0
# For what was read from sockets to become durable.
_STREAMS_GRACE_SECONDS = 2.0
# To commit what is durable and to leave the group, so that others need not wait for a timeout.
_KAFKA_STOP_SECONDS = 3.0


class Node:
    """Everything of one process but the HTTP server. `open` it, serve `context`, `close` it."""

    def __init__(
        self,
        settings: Settings,
        read_parsers: Callable[[], PipelineSet] | None = None,
        chosen: frozenset[str] = frozenset(),
    ) -> None:
        """`read_parsers` reads the pipelines, again at each reload; else they are those of the settings.

        `chosen` are the settings' keys that somebody set.
        """
        self.settings = settings
        self._chosen = chosen
        self._read_parsers = read_parsers or (lambda: parsers.read(settings))
        self.standings = Standings()
        self._stack = ExitStack()
        self._ready = False

    def open(self) -> Context:
        """Start every part. Raises PrologueError, with everything closed again, where one cannot."""
        try:
            return self._open()
        except BaseException:
            self._stack.close()
            raise

    def _open(self) -> Context:
        settings, data = self.settings, self.settings.data_dir
        self._claim(data)
        engine = self._engine()
        migrate(engine)
        reader = Reader(lambda: EmbeddedEngine(data / "engine"))
        self._stack.callback(reader.close)
        stored = reader.latest_batch()
        self.buffer = DiskBuffer(data / "buffer", buffer_settings(settings), above=sequence_of(stored))
        self._stack.callback(self.buffer.close)
        self.progress = Progress(stored)
        options = ParseOptions(
            discover_service_name=settings.labels.discover_service_name,
            discover_log_levels=settings.labels.discover_log_levels,
            max_future_seconds=round(settings.receive.max_ahead),
            max_past_seconds=round(settings.receive.max_behind),
        )
        room = Room(self._engine(), data / "engine", settings.store.min_free)
        room.start()
        self._stack.callback(room.stop)
        self._start_ingest(options, room, stored)
        self.maintenance = Maintenance(engine, retention_days(settings))
        self.maintenance.start()
        self._start_changes(self._writer(options, room))
        self.collector = collecting.collector_for(settings, self.buffer) if settings.collect.enabled else None
        if self.collector is not None:
            self.collector.start()
        intake = receiving.intake_for(settings, self.buffer, self.standings)
        self._open_listeners(intake)
        self._bind_gauges()
        self._ready = True
        return Context(
            settings=settings,
            intake=intake,
            reader=reader,
            progress=self.progress,
            deletions=self.deletions,
            parsers=self.parsers,
            reruns=self.reruns,
            describe=self.describe,
            ready=self.missing,
        )

    def _start_ingest(self, options: ParseOptions, room: Room, stored: int) -> None:
        """The way from the buffer into the store. `stored`: the latest batch that the store holds."""
        pace = Pace(self._engine())
        writers = [self._writer(options, room, pace) for _ in range(_WRITERS)]
        self.parsers = ParserControl(self._read_parsers, self._engine(TRIAL_SETTINGS), options)
        self.parsers.reload()
        self.ingest = Ingest(
            self.buffer,
            writers,
            self.progress,
            options=options,
            recover_upto=stored,
            parsers=self.parsers.in_force,
            ready=parsers.ready(self.settings),
            at_rest=give_memory_back,
        )
        self.ingest.start()

    def _start_changes(self, writer: LogWriter) -> None:
        """What changes lines that are stored: deleting them, and parsing them again with `writer`."""
        self.deletions = Deletions(self._engine())
        self.deleter = Deleter(
            self._engine(),
            self.deletions,
            delay=self.settings.store.delete_delay,
            oldest_age=lambda: self.buffer.stats().oldest_age,
        )
        self.deleter.start()
        self.reruns = Reruns(self._engine())
        self.rerunner = Rerunner(
            self._engine(),
            writer,
            self.reruns,
            replayed=lambda: not self.buffer.to_replay().segments,
        )
        self.rerunner.start()

    def _writer(self, options: ParseOptions, room: Room, pace: Pace | None = None) -> LogWriter:
        """One way into `logs`, with a connection of its own."""
        return LogWriter(
            self._engine(),
            finish(options),
            times=times(options),
            decided=finish_decided(options),
            retention_classes=list(self.settings.store.retention),
            check=room.check,
            pace=pace,
        )

    def _open_listeners(self, intake: Intake) -> None:
        """The ways in that are no route of the HTTP server."""
        settings = self.settings
        self.grpc = receiving.start_grpc(settings, intake, must="grpc.listen" in self._chosen)
        if self.grpc is not None:
            self._stack.callback(self.grpc.stop, 0.0)
        self.streams = streams.server_for(settings, self.buffer, self.standings, intake.limits)
        self._stack.callback(self.streams.stop, 0.0)
        self.streams.start()
        self.kafka = receiving.start_kafka(settings, intake)
        if self.kafka is not None:
            self._stack.callback(self.kafka.stop, 0.0)

    def _bind_gauges(self) -> None:
        gauges.bind_buffer(self.buffer)
        gauges.bind_progress(self.progress)
        if self.collector is not None:
            gauges.bind_collector(self.collector)

    def _claim(self, data: Path) -> None:
        """Make the data directory this process's own, before the engine finds it in use."""
        try:
            data.mkdir(parents=True, exist_ok=True)
            self._stack.callback(DirectoryLock(data).release)
        except OSError as error:
            raise ConfigError(
                f"the data directory {data} cannot be used: {error.strerror}",
                key="data_dir",
                cure="make it writable, or choose another with --data-dir",
            ) from error

    def _engine(self, limits: Mapping[str, str | int | float] | None = None) -> EmbeddedEngine:
        """A connection of its own for whoever must not wait for others; closed with the node."""
        engine = EmbeddedEngine(self.settings.data_dir / "engine", settings=limits)
        self._stack.callback(engine.close)
        return engine

    def missing(self) -> str | None:
        """What keeps this node from serving, None when nothing does."""
        return None if self._ready else "starting"

    def describe(self) -> dict[str, Any]:
        """The status page's view of the ways in and the buffer."""
        stats = self.buffer.stats()
        return {
            "buffered_bytes": stats.bytes,
            "sources": [collecting.describe(source) for source in self.sources()],
            "problems": self.problems(stats),
            "receivers": [standing.describe() for standing in self.standings.all()],
        }

    def problems(self, stats: BufferStats) -> list[str]:
        """What somebody should look at: what the collector cannot do, and what the buffer keeps apart."""
        found = list(self.collector.problems()) if self.collector is not None else []
        if stats.set_aside_segments:
            found.append(
                f"{stats.set_aside_segments} acknowledged batches cannot be stored and are set aside;"
                " `prologue replay --list` says why"
            )
        if stats.quarantined_bytes:
            found.append(
                f"{stats.quarantined_bytes} bytes of the buffer were damaged on disk and are in"
                f" {self.settings.data_dir / 'buffer' / 'quarantine'}"
            )
        return found

    def sources(self) -> list[SourceStatus]:
        """What is collected from this machine; empty where collection is off."""
        return self.collector.status() if self.collector is not None else []

    def drain(self, seconds: float) -> bool:
        """Write what was acknowledged, in order; whether all of it is in the store now.

        After `seconds` nothing further is begun; what is under way may take longer.
        """
        deadline = time.monotonic() + seconds
        self._ready = False
        if self.grpc is not None:
            self.grpc.stop(_GRPC_GRACE_SECONDS)
        self.streams.stop(max(0.1, min(_STREAMS_GRACE_SECONDS, seconds)))
        if self.kafka is not None:
            self.kafka.stop(max(0.1, min(_KAFKA_STOP_SECONDS, deadline - time.monotonic())))
        if self.collector is not None:
            self.collector.stop(2.0)
        try:
            self.buffer.flush(max(0.1, deadline - time.monotonic()))
        except PrologueError as error:
            logger.warning("the buffer could not be flushed: %s", error.message)
        done = self.ingest.stop(max(0.1, deadline - time.monotonic()))
        self.maintenance.stop(1.0)
        self.deleter.stop(1.0)
        self.rerunner.stop(1.0)
        return done and self.buffer.stats().segments == 0

    def close(self) -> None:
        """Give everything back. After `drain`."""
        self._stack.close()


def buffer_settings(settings: Settings) -> BufferSettings:
    buffer = settings.buffer
    return BufferSettings(
        max_bytes=buffer.max_bytes,
        segment_bytes=buffer.segment_bytes,
        seal_after=buffer.seal_after,
        forget_sources_after=buffer.forget_sources_after,
    )


def retention_days(settings: Settings) -> dict[str, int]:
    """Days by class; a class that is kept for ever is not in it."""
    days = {"default": settings.store.retention_days, **settings.store.retention}
    return {name: value for name, value in days.items() if value > 0}
