"""The agent's HTTP client: certificates of both sides, and configurations that cannot work."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from prologue.model.errors import ConfigError, TemporaryError
from prologue.ship.client import HttpClient
from prologue.ship.destination import Request
from prologue.ship.settings import ShipSettings, Target


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        shown = self.connection.getpeercert()  # type: ignore[attr-defined]
        body = str(dict(x[0] for x in shown["subject"])["commonName"]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    client = made.issue_cert("agent@example.org", common_name="agent-1")
    client.private_key_and_cert_chain_pem.write_to_path(tmp_path / "agent.pem")
    return made


@pytest.fixture
def url(authority: trustme.CA) -> Iterator[str]:
    """A server that wants to see a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def post(target: Target) -> bytes:
    client = HttpClient(target, ShipSettings(timeout=10), "")
    try:
        return client.post(Request(target.url + "/x", b"body")).body
    finally:
        client.close()


def test_both_sides_show_certificates(url: str, tmp_path: Path) -> None:
    target = Target(url, ca_file=tmp_path / "ca.pem", cert_file=tmp_path / "agent.pem")
    assert post(target) == b"agent-1"


def test_a_server_that_cannot_be_verified_is_not_talked_to(url: str, tmp_path: Path) -> None:
    with pytest.raises(TemporaryError, match="certificate verify failed"):
        post(Target(url, cert_file=tmp_path / "agent.pem"))


def test_a_missing_client_certificate_is_told(url: str, tmp_path: Path) -> None:
    with pytest.raises(TemporaryError):
        post(Target(url, ca_file=tmp_path / "ca.pem"))


@pytest.mark.parametrize("bad", ["127.0.0.1:3100", "ftp://logs", "http://", ""])
def test_an_address_that_is_none(bad: str) -> None:
    with pytest.raises(ConfigError):
        HttpClient(Target(bad), ShipSettings(), "")


def test_certificates_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("nonsense")
    for files in ({"ca_file": tmp_path / "bad.pem"}, {"cert_file": tmp_path / "bad.pem"}):
        with pytest.raises(ConfigError, match=r"bad\.pem"):
            HttpClient(Target("https://localhost", **files), ShipSettings(), "")
