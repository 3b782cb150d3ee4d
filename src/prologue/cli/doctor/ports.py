"""The addresses that `prologue up` would listen on: free, or taken and by whom."""

from __future__ import annotations

import errno
import socket
from operator import attrgetter
from pathlib import Path
from typing import Literal

from prologue.buffer.lock import FILE_NAME
from prologue.cli.doctor.finding import Finding, Patient
from prologue.client.http import connect
from prologue.config.schema import schema_of
from prologue.config.settings import Settings
from prologue.config.values import parse_listen
from prologue.model.errors import PrologueError

# States of a socket that others can send to, in /proc/net (Linux, include/net/tcp_states.h).
_STATES = {"tcp": "0A", "udp": "07"}  # TCP_LISTEN; TCP_CLOSE, which is what a bound UDP socket is in
_ADDRESSES = ("listen", "listen_or_off")
Protocol = Literal["tcp", "udp"]


def check_ports(patient: Patient) -> list[Finding]:
    """One finding for each address of the configuration that `prologue up` listens on."""
    keys = [key.path for key in schema_of(Settings).keys if key.kind in _ADDRESSES]
    addresses = {key: attrgetter(key)(patient.settings) for key in keys if not key.startswith("agent.")}
    return [_check(patient, key, address) for key, address in addresses.items() if address]


def _check(patient: Patient, key: str, address: str) -> Finding:
    host, port = parse_listen(address)
    protocol = _protocol(key)
    name = f"port {port}" + (" (UDP)" if protocol == "udp" else "")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    try:
        with socket.socket(family, kind) as probe:
            if protocol == "tcp":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return _taken(patient, name, key, (host, port), error)
    return Finding(name, "ok", f"{address} is free")


def _protocol(key: str) -> Protocol:
    return "udp" if key.endswith(".udp_listen") else "tcp"


def _taken(patient: Patient, name: str, key: str, address: tuple[str, int], error: OSError) -> Finding:
    host, port = address
    shown = f"{host}:{port}"
    if error.errno != errno.EADDRINUSE:
        detail = f"{shown} cannot be listened on: {error.strerror or error}"
        cure = f"choose an address of this machine for {key} (ports below 1024 need root)"
        return Finding(name, "wrong", detail, cure)
    holder = holder_of(patient, port, _protocol(key))
    if holder and holder == _keeper(patient):
        return Finding(name, "ok", f"Prologue is running at {shown}, as {holder}")
    if key == "http.listen" and (running := _prologue_at(host, port)):
        return Finding(name, "ok", f"Prologue {running} is running at {shown}")
    cure = f"stop it, or choose another address for {key}"
    return Finding(name, "wrong", f"{shown} is taken by {holder or 'a process of another user'}", cure)


def _keeper(patient: Patient) -> str:
    """The process that has the data folder, "" where none has or it cannot be seen."""
    return _process_with(patient, {str((patient.settings.data_dir / FILE_NAME).resolve())})


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


def holder_of(patient: Patient, port: int, protocol: Protocol = "tcp") -> str:
    """The process that listens on a port, as "name (process 123)", "" where it cannot be seen."""
    inodes = {
        f"socket:[{columns[9]}]"
        for table in (protocol, f"{protocol}6")
        if (path := patient.proc / "net" / table).exists()
        for line in path.read_text().splitlines()[1:]
        if (columns := line.split())[3] == _STATES[protocol]
        and int(columns[1].rpartition(":")[2], 16) == port
    }
    return _process_with(patient, inodes)


def _process_with(patient: Patient, opened: set[str]) -> str:
    """The first process that has one of these files open, as "name (process 123)"."""
    for process in patient.proc.iterdir():
        if process.name.isdigit() and _holds(process, opened):
            return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return ""


def _holds(process: Path, opened: set[str]) -> bool:
    try:
        return any(str(descriptor.readlink()) in opened for descriptor in (process / "fd").iterdir())
    except OSError:
        # It ended meanwhile, or belongs to another user: it cannot be told.
        return False
