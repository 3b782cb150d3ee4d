"""Syslog into the agent: what is sent to its sockets goes to the spool, and from there to the endpoint.

The sockets are those of `prologue up` (section `syslog`), the local one (`syslog.unix_path`) for programs
that write to /dev/log among them.

Next chapter: `prologue.receive.streams.server`.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from prologue.config.settings import Settings
from prologue.model.payload import PayloadSink
from prologue.ship.sink import ShippingSink


def listen(settings: Settings, folder: Path, shipping: ShippingSink, stack: ExitStack) -> list[str]:
    """Listen where the configuration says, until the stack is closed; the addresses. Raises `ConfigError`."""
    own = settings.syslog
    if not (own.unix_path or own.udp_listen or own.tcp_listen or own.tls_listen):
        return []
    # Sockets bring an event loop, the spool numpy: an agent that only reads files has neither.
    from prologue.app.limiting import limit_settings  # noqa: PLC0415 - as above
    from prologue.app.streams import syslog_listeners  # noqa: PLC0415 - as above
    from prologue.receive.limits import RateLimits  # noqa: PLC0415 - as above
    from prologue.receive.streams.server import StreamServer  # noqa: PLC0415 - as above

    sink: PayloadSink = shipping
    if settings.agent.spool_max_bytes:
        from prologue.app.agent.spool import new_spool  # noqa: PLC0415 - as above

        spool = new_spool(folder, shipping, settings.agent.spool_max_bytes)
        stack.callback(spool.close)
        stack.callback(spool.drain, settings.agent.shutdown_timeout)
        sink = spool.sink
    server = StreamServer(syslog_listeners(settings), sink, rates=RateLimits(limit_settings(settings)))
    stack.callback(server.stop, settings.agent.shutdown_timeout)
    server.start()
    return [address for _, address in server.listening]
