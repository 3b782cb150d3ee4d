"""A port for a server that has to be told one before it starts."""

from __future__ import annotations

import random
import socket

_BELOW_THE_EPHEMERAL = range(10_000, 32_000)
"""Linux gives connections and listeners of port 0 their ports from 32768 on (`ip_local_port_range`)."""

_offers = random.Random().sample(_BELOW_THE_EPHEMERAL, k=len(_BELOW_THE_EPHEMERAL))


def free_port() -> int:
    """A TCP port of 127.0.0.1 nobody has, that no connection is given before the server takes it.

    A port of the ephemeral range was taken, once in some thousand tests, by a connection of another worker.
    """
    while _offers:
        port = _offers.pop()
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise RuntimeError(f"no port of {_BELOW_THE_EPHEMERAL} is free on 127.0.0.1")
