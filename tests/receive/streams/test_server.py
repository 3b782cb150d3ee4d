"""Sockets: what is bound, what is left behind, what a descriptor limit allows."""

from __future__ import annotations

import logging
import resource
import socket

import pytest

from prologue.model.errors import BufferFull, ConfigError
from prologue.receive.streams.contract import Endpoint, StreamLimits, Transport
from prologue.receive.streams.server import allow_descriptors, bind, bound_address
from tests.support.server import wait_until


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
def test_addresses_of_both_families(transport):
    for host in ("127.0.0.1", "[::1]"):
        with bind(Endpoint(transport, f"{host}:0", "x")) as sock:
            assert bound_address(sock).startswith(f"{host}:")
            assert not bound_address(sock).endswith(":0")


def test_the_local_socket(listen, tmp_path):
    path = tmp_path / "log"
    with listen("syslog", Transport.UNIX, address=str(path)) as running:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"<13>Nov 26 10:00:00 me: hello", str(path))
        wait_until(lambda: len(running.payloads()) == 1)
        [payload] = running.payloads()
        assert bytes(payload.data) == socket.gethostname().encode() + b"\t<13>Nov 26 10:00:00 me: hello\n"
        assert payload.params["peer"] == "host"
        with (
            pytest.raises(ConfigError, match="another process"),
            listen("syslog", Transport.UNIX, address=str(path)),
        ):
            pass
    assert not path.exists()


def test_a_local_sender_waits_while_the_buffer_is_full(listen, tmp_path):
    limits = StreamLimits(max_held_bytes=1000, batch_bytes=100, batch_seconds=0.02)
    path = str(tmp_path / "log")
    with (
        listen("syslog", Transport.UNIX, address=path, limits=limits) as running,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender,
    ):
        running.sink.refusal = BufferFull("full")
        sender.connect(path)
        sender.settimeout(0.5)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 100_000:
                sender.send(b"<13>m")
                sent += 1
        running.sink.refusal = None
        wait_until(lambda: running.standing.records == sent)
        assert running.standing.dropped == 0


def test_a_socket_that_was_left_behind_is_replaced_and_a_file_is_not(tmp_path):
    left = tmp_path / "left"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(left))
    bind(Endpoint(Transport.UNIX, str(left), "syslog.unix_path")).close()
    file = tmp_path / "file"
    file.write_text("precious")
    with pytest.raises(ConfigError):
        bind(Endpoint(Transport.UNIX, str(file), "syslog.unix_path"))
    assert file.read_text() == "precious"


def test_a_listener_that_cannot_be_opened_is_an_error_of_the_start(listen, monkeypatch):
    def fail(*_: object) -> None:
        raise ConfigError("no", key="syslog.listen")

    monkeypatch.setattr("prologue.receive.streams.server.Connections", fail)
    with pytest.raises(ConfigError, match="no"), listen("syslog"):
        pass


def test_descriptors_follow_the_connections(caplog):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
        allow_descriptors(2000)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(3024, hard)
        if hard != resource.RLIM_INFINITY:
            with caplog.at_level(logging.WARNING):
                allow_descriptors(hard + 1)
            assert "LimitNOFILE" in caplog.text
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
