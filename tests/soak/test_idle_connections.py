"""5,000 senders that are connected and say nothing: what they cost, and that they are still served.

HTTP connections have sent a request and are kept alive; gRPC connections have exchanged their settings;
syslog's have sent a line. Measured as the server's resident memory before and after, from outside.
"""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.ports import free_port
from tests.support.server import ServerProcess, wait_until

HTTP, GRPC, SYSLOG = 3000, 1000, 1000
LIMIT_BYTES = 300 * 1000**2
BODY = b"idle line\n"
PUSH = (
    b"POST /insert/lines?service_name=idle HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY
# RFC 9113, section 3.4: the client's preface and an empty SETTINGS frame; and a PING that must come back.
HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
PING = bytes([0, 0, 8, 6, 0, 0, 0, 0, 0]) + b"are you?"
SETTINGS_ACK = bytes([0, 0, 0, 4, 1, 0, 0, 0, 0])
SYSLOG_LINE = b"<14>1 2026-01-31T10:00:00Z host app - - - hello\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[ServerProcess, dict[str, tuple[str, int]]]]:
    """A server and where it speaks each protocol."""
    syslog = free_port()
    running = ServerProcess(
        tmp_path / "data",
        PROLOGUE_GRPC__LISTEN="127.0.0.1:0",
        PROLOGUE_SYSLOG__TCP_LISTEN=f"127.0.0.1:{syslog}",
    ).start()
    host, port = running.url.removeprefix("http://").split(":")
    grpc_port = int(running.grpc_address.split(":")[1])
    yield running, {"http": (host, int(port)), "grpc": (host, grpc_port), "syslog": (host, syslog)}
    running.stop()


def opened(
    address: tuple[str, int], count: int, greet: Callable[[socket.socket], None]
) -> list[socket.socket]:
    found = []
    for _ in range(count):
        connection = socket.create_connection(address, timeout=30)
        greet(connection)
        found.append(connection)
    return found


def push(connection: socket.socket) -> None:
    connection.sendall(PUSH)
    assert connection.recv(4096).startswith(b"HTTP/1.1 204")


def begin_http2(connection: socket.socket) -> None:
    connection.sendall(HTTP2 + SETTINGS_ACK)
    assert len(connection.recv(9)) == 9


def ping(connection: socket.socket) -> None:
    connection.sendall(PING)
    answer = b""
    while b"are you?" not in answer:
        piece = connection.recv(4096)
        assert piece, "the server hung up"
        answer += piece


@pytest.mark.soak
def test_5000_idle_connections(server, capsys):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    running, address = server
    process = psutil.Process(running.pid)
    for connection in opened(address["http"], 50, push):  # whatever the first requests allocate for good
        connection.close()
    running.settle()
    before = process.memory_info().rss
    connections = opened(address["http"], HTTP, push)
    connections += opened(address["grpc"], GRPC, begin_http2)
    connections += opened(address["syslog"], SYSLOG, lambda connection: connection.sendall(SYSLOG_LINE))
    wait_until(lambda: running.stored_lines() >= 50 + HTTP + SYSLOG)
    running.settle()
    after = process.memory_info().rss
    time.sleep(10)  # idle, which is what is measured
    assert process.num_fds() > HTTP + GRPC + SYSLOG
    idle = process.memory_info().rss
    with capsys.disabled():
        print(
            f"\n{HTTP} HTTP, {GRPC} gRPC and {SYSLOG} syslog connections: {(after - before) / 1e6:.0f} MB,"
            f" after 10 idle seconds {(idle - before) / 1e6:.0f} MB, over {before / 1e6:.0f} MB without"
        )
    for connection in connections[:HTTP:100]:
        push(connection)
    for connection in connections[HTTP : HTTP + GRPC : 50]:
        ping(connection)
    for connection in connections[HTTP + GRPC :: 100]:
        connection.sendall(SYSLOG_LINE)
    wait_until(lambda: running.stored_lines() == 50 + HTTP + SYSLOG + HTTP // 100 + SYSLOG // 100)
    for connection in connections:
        connection.close()
    assert idle - before < LIMIT_BYTES
