"""What senders that keep their connections open cost: five thousand of them, over every stream receiver.

Memory is the kernel's count of the server process (RSS), before and after; the difference is what connections
cost. The figures are printed, and stand in docs/receivers/README.md.
"""

from __future__ import annotations

import resource
import socket
import ssl

import msgpack
import psutil
import pytest
import trustme

from tests.support.server import ServerProcess, wait_until

CONNECTIONS = 5000
MIB = 1024 * 1024
ANY = "127.0.0.1:0"
SAID = {
    "syslog/tcp": b"<14>1 - h idle - - - hello\n",
    "syslog/tls": b"<14>1 - h idle - - - hello\n",
    "fluent/tcp": msgpack.packb(["idle", 1_700_000_000, {"message": "hello"}]),
    "gelf/tcp": b'{"short_message":"hello","host":"h"}\0',
}


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return folder, context


@pytest.fixture
def server(tmp_path, tls):
    folder, _ = tls
    server = ServerProcess(
        tmp_path / "data",
        PROLOGUE_SYSLOG__TCP_LISTEN=ANY,
        PROLOGUE_SYSLOG__TLS_LISTEN=ANY,
        PROLOGUE_SYSLOG__TLS_CERT=str(folder / "cert.pem"),
        PROLOGUE_SYSLOG__TLS_KEY=str(folder / "key.pem"),
        PROLOGUE_FLUENT__LISTEN=ANY,
        PROLOGUE_GELF__TCP_LISTEN=ANY,
    ).start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 500
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this user may open {hard} files; the test wants {wanted}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def standing(server: ServerProcess, name: str) -> dict:
    [found] = [each for each in server.status()["receivers"] if each["name"] == name]
    return found


@pytest.mark.soak
@pytest.mark.parametrize(
    "mix", [("syslog/tcp", "fluent/tcp", "gelf/tcp"), ("syslog/tls",)], ids=["tcp", "tls"]
)
def test_idle_connections(server, tls, mix, capsys):
    process = psutil.Process(server.pid)
    ports = {name: int(standing(server, name)["address"].rpartition(":")[2]) for name in mix}
    before, threads = process.memory_info().rss, process.num_threads()
    connections = []
    for number in range(CONNECTIONS):
        name = mix[number % len(mix)]
        connection = socket.create_connection(("127.0.0.1", ports[name]))
        if name.endswith("tls"):
            connection = tls[1].wrap_socket(connection, server_hostname="localhost")
        connection.sendall(SAID[name])  # each has said something once: what that left behind counts, too
        connections.append(connection)
    wait_until(lambda: sum(standing(server, name)["records"] for name in mix) == CONNECTIONS, 120)
    assert sum(standing(server, name)["connections"] for name in mix) == CONNECTIONS
    server.settle()
    after = process.memory_info().rss
    with capsys.disabled():
        print(
            f"\n{CONNECTIONS} idle connections over {', '.join(mix)}: {(after - before) / MIB:.0f} MiB"
            f" ({before / MIB:.0f} before, {after / MIB:.0f} after),"
            f" {(after - before) / CONNECTIONS / 1024:.1f} KiB each"
        )
    assert after - before < 300 * MIB
    assert process.num_threads() <= threads + 50  # what the engine starts for a query, not one a connection
    for connection in connections:
        connection.close()
    wait_until(lambda: sum(standing(server, name)["connections"] for name in mix) == 0)
