"""`prologue agent`: collect, ship, tell how it goes, until a signal.

No engine, no Arrow, no web framework: an agent sits beside other people's work and must start at once
and stay small. What it imports is held against a list in the tests.

    collector -> ShippingSink -> the endpoint
         `------ checkpoint in <data_dir>/agent/collect

Next chapter: `prologue.app.agent.shipping`.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from prologue.app import collecting, gauges
from prologue.app.agent import identity
from prologue.app.agent.adopt import Adopter
from prologue.app.agent.report import Report
from prologue.app.agent.server import StatusServer
from prologue.app.agent.shipping import sink_for
from prologue.app.agent.small import keep_memory_small
from prologue.app.agent.sockets import listen
from prologue.app.bell import Bell
from prologue.buffer.lock import DirectoryLock
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError
from prologue.telemetry import log
from prologue.telemetry.version import version

logger = logging.getLogger(__name__)

FOLDER = "agent"
SPOOLS = "spool"


def run(settings: Settings) -> int:
    """Ship until SIGINT or SIGTERM. The process's exit code. Raises `PrologueError` where it cannot start."""
    keep_memory_small()
    log.set_up(settings.log.level, settings.log.format)
    agent = settings.agent
    stopping = Bell()
    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.ring())
        folder = claim(settings.data_dir / FOLDER, stack)
        host = collecting.host_of(settings)
        me = identity.load(folder, host)
        sink = sink_for(agent, folder, me)
        collector = collecting.collector_for(
            settings,
            sink,
            folder=folder / "collect",
            chosen=collecting.collect_settings(
                settings, tenant=agent.tenant, max_in_flight_bytes=agent.max_in_flight_bytes
            ),
            learn=sink.learn,
        )
        adopter = Adopter(folder / SPOOLS, sink, agent.spool_max_bytes)
        adopter.start()
        report = Report(agent, me.agent, collector, sink)
        report.bind()
        gauges.bind_collector(collector)
        collector.start()
        with ExitStack() as sockets:
            listening = listen(settings, folder / SPOOLS, sink, sockets)
            at = _serve(agent.listen, report, stack)
            _greet(settings, collecting.summary(collector.status()), at, listening)
            stopping.wait()
            if not collector.stop(agent.shutdown_timeout):
                logger.warning(
                    "some of what was read is not acknowledged; it is read again at the next start"
                )
        adopter.close()
        sink.close(agent.shutdown_timeout)
    return 0


def _greet(settings: Settings, found: str, at: str, listening: Sequence[str]) -> None:
    """Tell the terminal what is collected, and where to ask how it goes."""
    told = [
        f"Prologue {version()} agent ships to {settings.agent.url} ({settings.agent.protocol})",
        f"  collecting  {found or 'nothing yet'}",
        *(f"  syslog      {address}" for address in listening),
        *((f"  status      http://{at}/",) if at else ()),
        "  stop with Ctrl-C",
    ]
    print("\n".join(told), flush=True)


def claim(folder: Path, stack: ExitStack) -> Path:
    """Make the agent's folder this process's own."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stack.callback(DirectoryLock(folder).release)
    except OSError as error:
        raise ConfigError(
            f"the agent's folder {folder} cannot be used: {error.strerror}",
            key="data_dir",
            cure="make it writable, or choose another with --data-dir",
        ) from error
    return folder


def _serve(listen: str, report: Report, stack: ExitStack) -> str:
    if not listen:
        return ""
    server = StatusServer(listen, report.snapshot)
    stack.callback(server.close)
    return server.address
