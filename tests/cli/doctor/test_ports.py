"""The addresses to listen on."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import trustme

from prologue.cli.doctor.ports import check_ports, holder_of
from tests.cli.doctor.conftest import MakePatient
from tests.support.ports import free_port
from tests.support.server import ServerProcess


def test_a_free_port(patient_of: MakePatient) -> None:
    finding = check_ports(patient_of({"http.listen": "127.0.0.1:0"}))[0]
    assert (finding.check, finding.verdict) == ("port 0", "ok")


def test_a_taken_port_names_its_holder(patient_of: MakePatient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        patient = patient_of({"http.listen": f"127.0.0.1:{port}"})
        assert holder_of(patient, port).endswith(f"(process {os.getpid()})")
        finding = check_ports(patient)[0]
    assert finding.verdict == "wrong"
    assert f"(process {os.getpid()})" in finding.detail
    assert "http.listen" in finding.cure


def test_a_running_prologue_is_no_trouble(patient_of: MakePatient, prologue_server: ServerProcess) -> None:
    finding = check_ports(patient_of({"http.listen": prologue_server.url.removeprefix("http://")}))[0]
    assert finding.verdict == "ok"
    assert "is running at" in finding.detail


def test_an_address_of_another_machine(patient_of: MakePatient) -> None:
    # TEST-NET-1 (RFC 5737) belongs to nobody.
    finding = check_ports(patient_of({"http.listen": "192.0.2.1:3100"}))[0]
    assert finding.verdict == "wrong"
    assert "an address of this machine" in finding.cure


def test_every_configured_address_is_looked_at(patient_of: MakePatient) -> None:
    sockets = ("syslog.udp", "syslog.tcp", "syslog.tls", "gelf.udp", "gelf.tcp", "gelf.tls", "fluent.tls")
    names = ("http.listen", "grpc.listen", "receive.otlp_http_listen", "fluent.listen")
    chosen = dict.fromkeys((*names, *(f"{name}_listen" for name in sockets)), "127.0.0.1:0")
    found = check_ports(patient_of(chosen))
    assert sorted(finding.check for finding in found) == ["port 0"] * 9 + ["port 0 (UDP)"] * 2


def test_a_port_that_nobody_holds(patient_of: MakePatient) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert holder_of(patient_of(), bound.getsockname()[1]) == ""


def test_a_taken_udp_port_names_its_holder(patient_of: MakePatient) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        (found,) = [f for f in check_ports(patient_of({"syslog.udp_listen": address})) if "UDP" in f.check]
    assert found.verdict == "wrong"
    assert f"(process {os.getpid()})" in found.detail
    assert "syslog.udp_listen" in found.cure


def test_the_ports_of_a_running_prologue_are_no_trouble(patient_of: MakePatient, tmp_path: Path) -> None:
    """It is known by its data folder: gRPC, sockets and a port behind TLS do not say who they are."""
    issued = trustme.CA().issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    settings = {
        "data_dir": str(tmp_path / "data"),
        "grpc.listen": f"127.0.0.1:{free_port()}",
        "syslog.udp_listen": f"127.0.0.1:{free_port()}",
        "syslog.tcp_listen": f"127.0.0.1:{free_port()}",
        "http.tls_cert": str(tmp_path / "cert.pem"),
        "http.tls_key": str(tmp_path / "key.pem"),
        "receive.otlp_http_listen": "",
    }
    environment = {f"PROLOGUE_{key.upper().replace('.', '__')}": value for key, value in settings.items()}
    server = ServerProcess(tmp_path / "data", **environment).start()
    try:
        settings["http.listen"] = server.url.removeprefix("https://")
        found = check_ports(patient_of(settings))
        assert [(finding.verdict, finding.cure) for finding in found] == [("ok", "")] * 4
        assert all(f"(process {server.pid})" in finding.detail for finding in found)
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = {**settings, "grpc.listen": f"127.0.0.1:{other.getsockname()[1]}"}
            assert [finding.verdict for finding in check_ports(patient_of(taken))].count("wrong") == 1
    finally:
        server.stop()
