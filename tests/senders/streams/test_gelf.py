"""GELF from graypy, over every transport it has."""

from __future__ import annotations

import logging
import socket
import sys
import time
from importlib.metadata import version

import graypy
import pytest

from tests.support.matrix import record
from tests.support.server import wait_until

COUNT = 500
LONG = "x" * 3000


@pytest.fixture
def handlers(ports, prologue_server, certificates):
    def make(name: str) -> logging.Handler:
        http = int(prologue_server.url.rpartition(":")[2])
        return {
            "UDP, compressed": lambda: graypy.GELFUDPHandler("127.0.0.1", ports["gelf/udp"]),
            "UDP, plain": lambda: graypy.GELFUDPHandler("127.0.0.1", ports["gelf/udp"], compress=False),
            "UDP, chunked": lambda: graypy.GELFUDPHandler(
                "127.0.0.1", ports["gelf/udp"], gelf_chunker=graypy.handler.GELFWarningChunker(chunk_size=200)
            ),
            "TCP": lambda: graypy.GELFTCPHandler("127.0.0.1", ports["gelf/tcp"]),
            "TLS": lambda: graypy.GELFTLSHandler(
                "localhost", ports["gelf/tls"], validate=True, ca_certs=str(certificates.ca)
            ),
            "HTTP": lambda: graypy.GELFHTTPHandler("127.0.0.1", http, path="/gelf", compress=True),
        }[name]()

    return make


@pytest.mark.parametrize("name", ["UDP, compressed", "UDP, plain", "UDP, chunked", "TCP", "TLS", "HTTP"])
def test_graypy(handlers, stored, name):
    if name == "TLS" and sys.version_info >= (3, 12):
        pytest.skip("graypy 2.1 calls ssl.wrap_socket, which Python has no more")
    app = f"gelf{time.time_ns()}"
    handler = handlers(name)
    logger = logging.Logger(app)
    logger.addHandler(handler)
    adapter = logging.LoggerAdapter(logger, {"app": app, "order": 7})
    count = 50 if name == "HTTP" else COUNT
    for number in range(count):
        adapter.warning("order %d placed caf\u00e9", number)
    handler.close()

    def lines():
        return stored(f'{{service_name="{app}"}}')

    wait_until(lambda: len(lines()) >= count)
    found = lines()
    assert sorted(line.body for line in found) == sorted(f"order {n} placed caf\u00e9" for n in range(count))
    first = found[0]
    assert first.labels["host"] == socket.gethostname()
    assert (first.attributes["order"], first.attributes["detected_level"]) == ("7", "warn")
    assert abs(first.time / 1e9 - time.time()) < 120
    record(
        sender="graypy",
        version=version("graypy"),
        protocol=f"GELF {name}",
        sent=count,
        stored=len(found),
        attributes=["host", "service_name", "severity", *(set(first.attributes) - {"detected_level"})],
    )


def test_an_exception_s_traceback_and_a_long_message_in_chunks(handlers, stored):
    app = f"gelf{time.time_ns()}"
    logger = logging.Logger(app)
    logger.addHandler(handlers("UDP, chunked"))
    try:
        raise ValueError("no such order")
    except ValueError:
        logging.LoggerAdapter(logger, {"app": app}).exception("failed %s", LONG)

    def lines():
        return stored(f'{{service_name="{app}"}}')

    wait_until(lambda: len(lines()) == 1)
    [line] = lines()
    assert line.body == f"failed {LONG}"
    assert "ValueError: no such order" in line.attributes["full_message"]
    assert line.attributes["detected_level"] == "error"
