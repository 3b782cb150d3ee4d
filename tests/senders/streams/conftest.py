"""A server with every stream receiver on; what was sent is asked for by `stored`, as everywhere here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.support.server import ServerProcess

ANY = "127.0.0.1:0"


@dataclass(frozen=True)
class Certificates:
    """PEM files of the server, a client, and the authority that signed both."""

    cert: Path
    key: Path
    client_cert: Path
    client_key: Path
    ca: Path


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    server, client = (
        authority.issue_cert("localhost", "127.0.0.1"),
        authority.issue_cert("sender.example.org"),
    )
    names = ("cert", "key", "client_cert", "client_key", "ca")
    found = Certificates(*(folder / f"{name}.pem" for name in names))
    server.cert_chain_pems[0].write_to_path(found.cert)
    server.private_key_pem.write_to_path(found.key)
    client.cert_chain_pems[0].write_to_path(found.client_cert)
    client.private_key_pem.write_to_path(found.client_key)
    authority.cert_pem.write_to_path(found.ca)
    return found


@pytest.fixture(scope="session")
def prologue_server(tmp_path_factory, certificates) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("streams")
    tls = {
        f"PROLOGUE_{section}__TLS_{name}": str(file)
        for section in ("SYSLOG", "FLUENT", "GELF")
        for name, file in (("CERT", certificates.cert), ("KEY", certificates.key))
    }
    server = ServerProcess(
        folder / "data",
        **tls,
        PROLOGUE_SYSLOG__TLS_CLIENT_CA=str(certificates.ca),
        PROLOGUE_SYSLOG__UDP_LISTEN=ANY,
        PROLOGUE_SYSLOG__TCP_LISTEN=ANY,
        PROLOGUE_SYSLOG__TLS_LISTEN=ANY,
        PROLOGUE_SYSLOG__UNIX_PATH=str(folder / "log.sock"),
        PROLOGUE_FLUENT__LISTEN=ANY,
        PROLOGUE_FLUENT__TLS_LISTEN=ANY,
        PROLOGUE_GELF__UDP_LISTEN=ANY,
        PROLOGUE_GELF__TCP_LISTEN=ANY,
        PROLOGUE_GELF__TLS_LISTEN=ANY,
    ).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def addresses(prologue_server) -> dict[str, str]:
    """Where each listener is, by receiver and transport: `syslog/udp`."""
    return {each["name"]: each["address"] for each in prologue_server.status()["receivers"]}


@pytest.fixture(scope="session")
def ports(addresses) -> dict[str, int]:
    return {name: int(address.rpartition(":")[2]) for name, address in addresses.items() if ":" in address}
