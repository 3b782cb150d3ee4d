"""`prologue up`: one node behind one HTTP server, until a signal.

Next chapter: `node.py`, what a node is made of.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys

import uvicorn

from prologue.app.node import Node, receive_settings
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError
from prologue.serve.application import application
from prologue.telemetry import log

logger = logging.getLogger(__name__)

_BACKLOG = 2048


def run(settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM, then drain and stop. The process's exit code.

    Raises PrologueError where it cannot start.
    """
    log.set_up(settings.log.level, settings.log.format)
    listener = _listen(settings.http.listen)
    node = Node(settings)
    try:
        context = node.open()
        server = uvicorn.Server(
            uvicorn.Config(
                application(context, receive_settings(settings)),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                loop="uvloop",
                http="httptools",
                ws="websockets-sansio",
                timeout_graceful_shutdown=max(1, int(settings.http.shutdown_timeout)),
            )
        )
        _greet(listener)
        asyncio.run(_serve(server, listener))
        drained = node.drain()
        if not drained:
            logger.warning(
                "not everything was written; the rest is in the buffer and is written at the next start"
            )
        return 0
    finally:
        node.close()
        listener.close()


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    await server.serve(sockets=[listener])


def _listen(address: str) -> socket.socket:
    """The listening socket, bound before anything is started so that a taken port costs nothing."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, int(port)))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen on {address}: {error.strerror}",
            key="http.listen",
            cure="stop what uses that address, or choose another with --listen HOST:PORT",
        ) from error
    listener.listen(_BACKLOG)
    return listener


def _greet(listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"Prologue is ready: http://{shown}:{port}/", flush=True)
    sys.stdout.flush()
