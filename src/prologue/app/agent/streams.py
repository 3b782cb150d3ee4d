"""`prologue agent --stdin` and `prologue exec`: what a program writes, shipped as it writes it.

    the pipe -> StreamReader -> spool on disk -> ShippingSink -> the endpoint

Next chapter: `prologue.app.agent.execute`, the commands.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from prologue.app import collecting
from prologue.app.agent import identity
from prologue.app.agent.adopt import Adopter
from prologue.app.agent.run import FOLDER, SPOOLS
from prologue.app.agent.shipping import sink_for
from prologue.collect.context import Context
from prologue.collect.service import BY_SETTING, Candidate, describe, from_environment, otel_attributes
from prologue.collect.stream import StreamReader
from prologue.config.environment import variable
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError
from prologue.model.labels import SERVICE_NAME, sanitize_name, with_service_name
from prologue.model.multiline import Rule
from prologue.model.payload import PayloadSink
from prologue.receive.settings import OTLP_INDEX_ATTRIBUTES
from prologue.telemetry import log

logger = logging.getLogger(__name__)

_OTEL = ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES")


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where streams put their payloads; `drain(seconds)` waits until they are shipped."""

    context: Context
    drain: Callable[[float], bool]


@contextmanager
def outlet(settings: Settings) -> Iterator[Outlet]:
    """A sink for streams: through a spool of this process's own, unless spools are switched off."""
    agent = settings.agent
    folder = settings.data_dir / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the agent's folder {folder} cannot be used: {error.strerror}",
            key="data_dir",
            cure="make it writable, or choose another with --data-dir",
        ) from error
    me = identity.load(folder, collecting.host_of(settings))
    chosen = collecting.collect_settings(settings, tenant=agent.tenant)
    shipping = sink_for(agent, folder, me)
    try:
        if not agent.spool_max_bytes:
            yield Outlet(Context(shipping, chosen), shipping.flush)
            return
        from prologue.app.agent.spool import new_spool  # noqa: PLC0415 - the buffer, only where it is used

        spool = new_spool(folder / SPOOLS, shipping, agent.spool_max_bytes)
        adopter = Adopter(folder / SPOOLS, shipping, agent.spool_max_bytes)
        adopter.start()
        sink: PayloadSink = spool.sink
        try:
            yield Outlet(Context(sink, chosen), spool.drain)
        finally:
            adopter.close()
            left = spool.held_bytes
            shipping.close(0.0)
            spool.close()
            if left:
                logger.warning(
                    "%d bytes are kept in %s; the next agent with this data directory ships them",
                    left,
                    folder,
                )
    finally:
        shipping.close(0.0)


def stream_labels(settings: Settings, kind: str, candidates: Sequence[Candidate]) -> Mapping[str, str]:
    """The stream labels of what a program writes: host, source, service, and OpenTelemetry's attributes."""
    environment = {name: variable(name) for name in _OTEL}
    attributes = {
        sanitize_name(name): value
        for name, value in otel_attributes(environment).items()
        if name in OTLP_INDEX_ATTRIBUTES and name != "service.name"
    }
    labels = attributes | {"host": collecting.host_of(settings), "source": kind}
    described = describe(labels, [*candidates[:1], *from_environment(environment), *candidates[1:]])
    logger.info("the service is %r, by %s", described.service, described.service_from or "nothing: unknown")
    return with_service_name({**labels, SERVICE_NAME: described.service})


def run_stdin(settings: Settings, service: str, rule: Rule | None) -> int:
    """Ship standard input to its end, lines joined by `rule`.

    0 once all of it is acknowledged, or durable in the spool.
    """
    log.set_up(settings.log.level, settings.log.format)
    if os.isatty(sys.stdin.fileno()):
        logger.info("reading from the terminal; Ctrl-D ends")
    with outlet(settings) as out:
        labels = stream_labels(settings, "stdin", [(BY_SETTING, service)])
        reader = StreamReader(out.context, sys.stdin.fileno(), "stdin", labels=labels, rule=rule)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: reader.finish(settings.agent.shutdown_timeout))
        reader.run()
        out.drain(settings.agent.shutdown_timeout)
        if reader.counts.bytes > reader.counts.acked_bytes:
            logger.error(
                "%d bytes were read and could not be kept", reader.counts.bytes - reader.counts.acked_bytes
            )
            return 1
    return 0
