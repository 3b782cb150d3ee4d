"""The server itself: taken ports, certificates, and what open calls get when it stops."""

from __future__ import annotations

import socket
import threading

import grpc
import pytest
import trustme

from prologue.model.errors import ConfigError
from prologue.receive.grpc.server import GrpcServer
from prologue.receive.tls import tls_settings
from tests.receive.grpc.conftest import EXPORT
from tests.receive.otlp.conftest import record, request

BODY = request(record("x")).SerializeToString()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return {name: str(folder / f"{name}.pem") for name in ("key", "cert", "ca")}


def call(address: str, credentials: grpc.ChannelCredentials) -> bytes:
    with grpc.secure_channel(address, credentials) as channel:
        return channel.unary_unary(EXPORT)(BODY, timeout=20)


def test_tls(serve, authority, files):
    with serve(tls=tls_settings("grpc", files["cert"], files["key"])) as served:
        assert call(served.address, grpc.ssl_channel_credentials(authority.cert_pem.bytes())) == b""
        with pytest.raises(grpc.RpcError):
            call(served.address, grpc.ssl_channel_credentials(trustme.CA().cert_pem.bytes()))
        with pytest.raises(grpc.RpcError):
            served.export(BODY)
        assert len(served.records()) == 1


def test_a_client_must_show_a_certificate_of_the_named_authority(serve, authority, files):
    own = authority.issue_cert("client.example")
    stranger = trustme.CA().issue_cert("client.example")

    def credentials(certificate):
        return grpc.ssl_channel_credentials(
            authority.cert_pem.bytes(),
            certificate.private_key_pem.bytes(),
            certificate.cert_chain_pems[0].bytes(),
        )

    with serve(tls=tls_settings("grpc", files["cert"], files["key"], files["ca"])) as served:
        assert call(served.address, credentials(own)) == b""
        with pytest.raises(grpc.RpcError):
            call(served.address, credentials(stranger))
        with pytest.raises(grpc.RpcError):
            call(served.address, grpc.ssl_channel_credentials(authority.cert_pem.bytes()))
        assert len(served.records()) == 1


def test_a_renewed_certificate_counts_without_a_restart(serve, tmp_path):
    old, new = trustme.CA(), trustme.CA()

    def write(authority: trustme.CA) -> None:
        issued = authority.issue_cert("127.0.0.1")
        issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
        issued.private_key_pem.write_to_path(tmp_path / "key.pem")

    write(old)
    with serve(tls=tls_settings("grpc", str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))) as served:
        assert call(served.address, grpc.ssl_channel_credentials(old.cert_pem.bytes())) == b""
        write(new)
        assert call(served.address, grpc.ssl_channel_credentials(new.cert_pem.bytes())) == b""
        with pytest.raises(grpc.RpcError):
            call(served.address, grpc.ssl_channel_credentials(old.cert_pem.bytes()))


def test_a_taken_port_is_an_error_that_names_the_setting():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = GrpcServer(f"127.0.0.1:{taken.getsockname()[1]}", [], max_message_bytes=1)
        with pytest.raises(ConfigError) as caught:
            server.start()
    assert caught.value.key == "grpc.listen"
    server.stop(0)


def test_a_stop_right_after_a_start_that_failed_is_quiet():
    """The event loop may be closing at that moment: one try of fifteen came too late once."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for _ in range(50):
            server = GrpcServer(address, [], max_message_bytes=1)
            with pytest.raises(ConfigError):
                server.start()
            server.stop(0)


def test_a_certificate_of_no_use_is_found_at_the_start(files):
    tls = tls_settings("grpc", files["ca"], files["key"])
    with pytest.raises(ConfigError, match=r"grpc\.tls_cert"):
        GrpcServer("127.0.0.1:0", [], max_message_bytes=1, tls=tls).start()


def test_open_calls_are_answered_and_new_ones_find_nobody(served, wait_until):
    served.sink.hold = True
    export = served.channel.unary_unary(EXPORT)
    call = export.future(BODY, timeout=20)
    wait_until(lambda: len(served.sink.futures) == 1)
    stopping = threading.Thread(target=served.server.stop, args=(20.0,))
    stopping.start()

    def refused() -> bool:
        try:
            grpc.channel_ready_future(served.channel).result(0.05)
        except grpc.FutureTimeoutError:
            return True
        return False

    wait_until(refused)
    served.sink.futures[0].set_result(None)
    assert call.result(20) == b""
    with pytest.raises(grpc.RpcError) as caught:
        export(BODY, timeout=20)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    stopping.join(20)
    served.server.stop(0)
