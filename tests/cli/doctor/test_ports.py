"""The addresses to listen on."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from prologue.cli.doctor.ports import check_ports, holder_of
from tests.cli.doctor.conftest import MakePatient
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
    names = ("http.listen", "grpc.listen", "receive.otlp_http_listen")
    patient = patient_of(dict.fromkeys(names, "127.0.0.1:0"))
    assert len(check_ports(patient)) == 3


def test_a_port_that_nobody_holds(patient_of: MakePatient) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert holder_of(patient_of(), bound.getsockname()[1]) == ""


def test_the_grpc_port_of_a_running_prologue_is_no_trouble(patient_of: MakePatient, tmp_path: Path) -> None:
    # gRPC cannot be asked who it is, as HTTP can: it is the process that answers on the main port.
    server = ServerProcess(tmp_path, PROLOGUE_GRPC__LISTEN="127.0.0.1:0")
    server.start()
    try:
        main = server.url.removeprefix("http://")
        found = check_ports(patient_of({"http.listen": main, "grpc.listen": server.grpc_address}))[1]
        assert (found.verdict, found.cure) == ("ok", "")
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = f"127.0.0.1:{other.getsockname()[1]}"
            found = check_ports(patient_of({"http.listen": main, "grpc.listen": address}))[1]
        assert found.verdict == "wrong"
    finally:
        server.stop()
