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
import threading
from contextlib import ExitStack
from pathlib import Path

from prologue.app import collecting, gauges
from prologue.app.agent import identity
from prologue.app.agent.adopt import Adopter
from prologue.app.agent.report import Report
from prologue.app.agent.server import StatusServer
from prologue.app.agent.shipping import sink_for
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
    log.set_up(settings.log.level, settings.log.format)
    agent = settings.agent
    stopping = threading.Event()
    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
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
        stack.callback(adopter.close)
        adopter.start()
        report = Report(agent, me.agent, collector, sink)
        report.bind()
        gauges.bind_collector(collector)
        collector.start()
        at = _serve(agent.listen, report, stack)
        found = collecting.summary(collector.status()) or "nothing yet"
        print(
            f"Prologue {version()} agent ships to {agent.url} ({agent.protocol})\n"
            f"  collecting  {found}\n"
            + (f"  status      http://{at}/\n" if at else "")
            + "  stop with Ctrl-C",
            flush=True,
        )
        stopping.wait()
        if not collector.stop(agent.shutdown_timeout):
            logger.warning("some of what was read is not acknowledged; it is read again at the next start")
        sink.close()
    return 0


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
