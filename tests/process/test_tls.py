"""A server behind TLS and mutual TLS: the command line, the Python client, its tail, and curl ask it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from prologue.client import connect
from prologue.model.errors import TemporaryError, UserError
from tests.cli.conftest import clean_environment
from tests.support.server import ServerProcess, wait_until


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`prologue ARGUMENTS` as a process of its own; keywords are environment variables."""
    return subprocess.run(
        [sys.executable, "-m", "prologue", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=clean_environment(**variables),
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    for name in ("server", "client"):
        issued = authority.issue_cert("127.0.0.1", "localhost")
        issued.private_key_pem.write_to_path(folder / f"{name}.key")
        issued.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    trustme.CA().cert_pem.write_to_path(folder / "other.pem")
    return {path.name: str(path) for path in folder.iterdir()}


@pytest.fixture(scope="module")
def server(tmp_path_factory, files) -> Iterator[ServerProcess]:
    """It asks clients for a certificate; so does its gRPC port."""
    running = ServerProcess(
        tmp_path_factory.mktemp("served") / "data",
        PROLOGUE_HTTP__TLS_CERT=files["server.pem"],
        PROLOGUE_HTTP__TLS_KEY=files["server.key"],
        PROLOGUE_HTTP__TLS_CLIENT_CA=files["ca.pem"],
    ).start()
    yield running
    running.stop()


def shown(files: dict[str, str]) -> dict[str, str]:
    return {"ca": files["ca.pem"], "cert": files["client.pem"], "key": files["client.key"]}


def test_the_client_pushes_asks_and_follows(server, files):
    assert server.url.startswith("https://")
    with connect(server.url, **shown(files)) as client:
        client.push_lines(b"hello over TLS\n", {"service_name": "tls"})
        wait_until(lambda: client.query('{service_name="tls"}').rows() != [])
        message = next(iter(client.tail('{service_name="tls"}', start=0)))
        assert message.streams[0].values[0].text == "hello over TLS"


def test_the_command_line_asks(server, files):
    options = ["--ca", files["ca.pem"], "--cert", files["client.pem"], "--key", files["client.key"]]
    done = run("labels", "--url", server.url, *options)
    assert (done.returncode, done.stderr) == (0, "")
    variables = {"PROLOGUE_URL": server.url, "PROLOGUE_CA": files["ca.pem"]}
    variables |= {"PROLOGUE_CERT": files["client.pem"], "PROLOGUE_KEY": files["client.key"]}
    assert run("labels", **variables).returncode == 0


def test_a_client_without_a_certificate_is_refused(server, files):
    with connect(server.url, ca=files["ca.pem"]) as client, pytest.raises(TemporaryError):
        client.labels()
    assert run("labels", "--url", server.url, "--ca", files["ca.pem"]).returncode == 1


def test_a_server_of_another_authority_is_not_trusted(server, files):
    with (
        connect(server.url, **{**shown(files), "ca": files["other.pem"]}) as client,
        pytest.raises(TemporaryError, match="certificate"),
    ):
        client.labels()


def test_files_of_no_use_are_told(server, files, tmp_path):
    with pytest.raises(UserError, match=r"absent\.pem"):
        connect(server.url, ca=tmp_path / "absent.pem")


def test_curl_pushes(server, files):
    command = ["curl", "-sS", "--fail", "--cacert", files["ca.pem"], "--cert", files["client.pem"]]
    command += ["--key", files["client.key"], f"{server.url}/api/v1/status"]
    assert "receivers" in json.loads(subprocess.check_output(command, timeout=60))


def test_half_of_the_settings_do_not_start(files, tmp_path: Path):
    done = run("up", "--data-dir", str(tmp_path / "data"), PROLOGUE_HTTP__TLS_CERT=files["server.pem"])
    assert done.returncode == 2
    assert "http.tls_key" in done.stderr
