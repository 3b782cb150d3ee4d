"""The addresses that `prologue up` would listen on: free, or taken and by whom."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from prologue.cli.doctor.finding import Finding, Patient
from prologue.client.http import connect
from prologue.config.values import parse_listen
from prologue.model.errors import PrologueError

_LISTENING = "0A"  # TCP_LISTEN in /proc/net/tcp (Linux, include/net/tcp_states.h)


def check_ports(patient: Patient) -> list[Finding]:
    """One finding for each address of the configuration."""
    settings = patient.settings
    addresses = {
        "http.listen": settings.http.listen,
        "grpc.listen": settings.grpc.listen,
        "receive.otlp_http_listen": settings.receive.otlp_http_listen,
    }
    return [_check(patient, key, address) for key, address in addresses.items() if address]


def _check(patient: Patient, key: str, address: str) -> Finding:
    host, port = parse_listen(address)
    name = f"port {port}"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return _taken(patient, name, key, host, port, error)
    return Finding(name, "ok", f"{address} is free")


def _taken(patient: Patient, name: str, key: str, host: str, port: int, error: OSError) -> Finding:
    if error.errno != errno.EADDRINUSE:
        detail = f"{host}:{port} cannot be listened on: {error.strerror or error}"
        cure = f"choose an address of this machine for {key} (ports below 1024 need root)"
        return Finding(name, "wrong", detail, cure)
    if running := _prologue_at(host, port):
        return Finding(name, "ok", f"Prologue {running} is running at {host}:{port}")
    holder = holder_of(patient, port)
    if holder and key == "grpc.listen" and holder == _running(patient):
        return Finding(name, "ok", f"Prologue is running at {host}:{port}, as {holder}")
    cure = f"stop it, or choose another address for {key}"
    return Finding(name, "wrong", f"{host}:{port} is taken by {holder or 'a process of another user'}", cure)


def _running(patient: Patient) -> str:
    """The process of the Prologue that answers on the main port, "" where none does: on others, such as
    gRPC's, it cannot be asked who it is."""
    host, port = parse_listen(patient.settings.http.listen)
    return holder_of(patient, port) if _prologue_at(host, port) else ""


def _prologue_at(host: str, port: int) -> str:
    """The version of a Prologue that answers there, "" where it is something else."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - recognised, not bound
    shown = f"[{local}]" if ":" in local else local
    try:
        with connect(f"http://{shown}:{port}", timeout=3) as client:
            return str(client.status().get("version", ""))
    except PrologueError:
        # Whatever listens there does not speak our API: then it is not ours.
        return ""


def holder_of(patient: Patient, port: int) -> str:
    """The process that listens on a TCP port, as "name (process 123)", "" where it cannot be seen."""
    inodes = {
        f"socket:[{columns[9]}]"
        for table in ("tcp", "tcp6")
        if (path := patient.proc / "net" / table).exists()
        for line in path.read_text().splitlines()[1:]
        if (columns := line.split())[3] == _LISTENING and int(columns[1].rpartition(":")[2], 16) == port
    }
    for process in patient.proc.iterdir():
        if process.name.isdigit() and _holds(process, inodes):
            return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return ""


def _holds(process: Path, inodes: set[str]) -> bool:
    try:
        return any(str(descriptor.readlink()) in inodes for descriptor in (process / "fd").iterdir())
    except OSError:
        # It ended meanwhile, or belongs to another user: it cannot be told.
        return False
